# make demo   the history of language models in one table, in a minute and a half
# make test   everything that proves it

GO ?= go
RACE := ./train/... ./lm/... ./eval/... ./zoo/... ./play/... ./cmd/...

.PHONY: build demo screenshots test vet race fuzz bench clean

build: bin/lmzoo

bin/lmzoo: $(shell find . -name '*.go' -not -name '*_test.go') go.mod
	$(GO) build -o $@ ./cmd/lmzoo

demo: build
	./bin/lmzoo compare --out demo

test: vet
	$(GO) test ./...
	$(MAKE) race

vet:
	@test -z "$$(gofmt -l .)" || { echo "not gofmt'ed:"; gofmt -l .; exit 1; }
	$(GO) vet ./...
	$(GO) tool -modfile=tools.mod staticcheck ./...

# The race detector watches the packages that start goroutines.
race:
	$(GO) test -race -short $(RACE)

# Every fuzz target for a little while: make fuzz FUZZTIME=5m
FUZZTIME ?= 10s
fuzz:
	@set -e; for dir in $$(grep -rl --include='*_test.go' '^func Fuzz' . | xargs -n1 dirname | sort -u); do \
	  for f in $$(grep -rhoE --include='*_test.go' '^func Fuzz[A-Za-z0-9_]+' $$dir | sed 's/func //' | sort -u); do \
	    echo "$$dir $$f"; $(GO) test $$dir -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZTIME); done; done

bench:
	$(GO) test -run '^$$' -bench . ./...

# The pictures of the playground in docs/img, drawn by Chromium from the runs of the demo.
screenshots:
	@test -f demo/gpt/config.json || $(MAKE) demo
	LMZOO_SCREENSHOTS=$(CURDIR)/docs/img LMZOO_RUNS=$(CURDIR)/demo $(GO) test ./play -count=1 -run TestScreenshots

clean:
	rm -rf bin demo
