# make            builds bin/lmzoo
# make demo       tells the whole history: make demo BUDGET=1m gives each neural model a minute
# make readme     runs the demo and writes its tables into the README, in both languages
# make test       runs all tests (about six minutes on two cores)
# make cover      writes bin/cover.html and prints the coverage
# make golden     writes the reference numbers again (needs KenLM, and Python with PyTorch and regex)
# make fuzz       fuzzes every reader: make fuzz FUZZTIME=5m
# make lab        runs every experiment at full scale and writes its results to docs/lab
# make bench      runs the benchmarks of all packages
# make screenshots draws the pictures of the playground again (needs Chromium)

GO ?= go
# The neural models of the demo train for a number of operations, so that its digits are the same
# every day; BUDGET=16s gives them equal seconds in its place.
FLOPS ?= 1.3e12
BUDGET ?=
# DEMO_LABS are the experiments of the demo; those of docs/lab fill the other pages of its report.
DEMO_LABS ?= labels eras
# DEMO_PIPELINE are the flags of the demo's assistant: --scale tiny makes it in seconds.
DEMO_PIPELINE ?= --scale quick
FUZZTIME ?= 10s
RACE := ./train/... ./lm/... ./eval/... ./zoo/... ./play/...

.PHONY: build demo readme lab test vet race cover golden fuzz bench screenshots clean

build: bin/lmzoo

# -s -w leaves out symbols and debugging information, a third of the file. Without cgo the binary is
# static and starts a tenth faster.
bin/lmzoo: $(shell find . -name '*.go' -not -name '*_test.go') go.mod
	CGO_ENABLED=0 $(GO) build -ldflags '-s -w' -o $@ ./cmd/lmzoo

demo: build
	./bin/lmzoo compare $(if $(BUDGET),--budget $(BUDGET),--flops $(FLOPS)) --out demo
	$(if $(DEMO_LABS),./bin/lmzoo lab $(DEMO_LABS) --scale quick --store demo/models --out demo/lab --figures)
	./bin/lmzoo pipeline $(DEMO_PIPELINE) --out demo/assistant
	./bin/lmzoo report demo/compare.json --lab docs/lab $(if $(DEMO_LABS),--lab demo/lab) --lab demo/assistant --out demo/report.html

readme: demo
	mkdir -p docs/demo
	cp demo/compare.txt demo/lab/*.json demo/assistant/*.json docs/demo
	cp demo/compare.png docs/img/compare.png
	$(GO) test -run TestDemoTables . -update-lab

lab: build
	./bin/lmzoo lab labels eras senses transfer objectives llama scaling mixture fewshot icl-by-size jump prompting chain-of-thought induction data mirage markov hops knowledge speedrun bfloat16 rlhf dpo verifiable instruct tools honesty --out docs/lab
	$(GO) test -run TestDocsLab . -update-lab

test: vet
	$(GO) test ./...
	@$(MAKE) --no-print-directory race

vet:
	@test -z "$$(gofmt -l .)" || { echo "not gofmt'ed:"; gofmt -l .; exit 1; }
	$(GO) vet ./...
	$(GO) tool -modfile=tools.mod staticcheck ./...

# The race detector needs a C compiler. CI sets LMZOO_RACE=required. By default every program that
# it watches sleeps for a second at its end.
race:
	@if command -v "$$($(GO) env CC)" >/dev/null; then \
	  echo '$(GO) test -race -short $(RACE)'; \
	  GORACE=atexit_sleep_ms=0 CGO_ENABLED=1 $(GO) test -race -short $(RACE); \
	elif [ "$$LMZOO_RACE" = required ]; then echo 'race: no C compiler, and LMZOO_RACE=required'; exit 1; \
	else echo 'note: no C compiler: the race detector is left out'; fi

cover:
	@mkdir -p bin
	$(GO) test -short -coverpkg=./... -coverprofile=bin/cover.out ./...
	$(GO) tool cover -html bin/cover.out -o bin/cover.html
	$(GO) tool cover -func bin/cover.out | tail -1

# Each script says in its first lines how it is run.
golden:
	@grep -roHE --include='*.py' 'Run: python3 [a-z0-9_]+\.py( > [a-z0-9_.]+)?' . | sort | while IFS=: read -r file _ run; do \
	  echo "$$(dirname $$file):$$run"; (cd $$(dirname $$file) && sh -c "$$run") || exit 1; done
	git diff --stat -- '*testdata*'

fuzz:
	@set -e; for dir in $$(grep -rl --include='*_test.go' '^func Fuzz' . | xargs -n1 dirname | sort -u); do \
	  for f in $$(grep -rhoE --include='*_test.go' '^func Fuzz[A-Za-z0-9_]+' $$dir | sed 's/func //' | sort -u); do \
	    echo "$$dir $$f"; $(GO) test $$dir -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZTIME); done; done

bench:
	$(GO) test -run '^$$' -bench . ./...

screenshots:
	@test -f demo/gpt/config.json || $(MAKE) demo
	LMZOO_SCREENSHOTS=$(CURDIR)/docs/img LMZOO_RUNS=$(CURDIR)/demo $(GO) test ./play -count=1 -run TestScreenshots

clean:
	rm -rf bin demo
