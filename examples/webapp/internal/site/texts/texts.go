// Package texts holds what people read in the app and may ask it, by language. A
// language is two files: de.json has every text of pages and answers,
// de.questions.json the words that questions are understood by. To translate the
// app is to add them.
package texts

import "embed"

// Files are the languages that the app has.
//
//go:embed *.json
var Files embed.FS
