// Package refine turns raw text into training text: it collects, cleans and deduplicates documents,
// and accounts for every document that it changes or removes.
//
// A [Step] judges one document at a time. A [Survey] is a step that must see all documents before
// it can judge one, such as deduplication: every document yields some keys, documents are grouped
// by key on disk, and the decisions are made by group (Dean & Ghemawat 2004, "MapReduce"). [Run]
// reads the text once and passes it through the steps; before each survey the documents wait in a
// temporary file:
//
//	files ─▶ mojibake ─▶ unicode ─▶ html ─▶ … ─▶ lines ──┐
//	                                        lines by hash │ pass 1
//	┌─────────────────────────────────────────────────────┘
//	└▶ boilerplate ─▶ rules ─▶ quality ─┐
//	     texts by hash, MinHash by band │ pass 2
//	┌───────────────────────────────────┘
//	└▶ exact ─▶ near ─▶ contamination ─▶ part-00000.txt, account.json, rules.json
//
// All steps that change a text come before all steps that judge it, and a judgement depends only on
// the document, the rules and earlier documents. So refining a refined corpus changes nothing.
//
// Memory is bounded by [Options.Memory], whatever the size of the text, the output is complete or
// absent, and the number of threads changes no byte of it.
package refine
