// Package texts holds what people read in the app, by language: en.json has the texts of
// pages, packages ask and explore those of answers and charts, and package narrate those
// of facts. A further language is a file such as de.json beside each of these, with the
// same texts, and de.questions.json beside that of answers, with the words that questions
// are understood by. To translate the app is to add them.
package texts

import (
	"embed"

	"github.com/customer-personality/segmentation/internal/explore"
	"github.com/customer-personality/segmentation/segment/ask"
	"github.com/customer-personality/segmentation/segment/narrate"
)

// Files are the languages that the app has.
//
//go:embed *.json
var Files embed.FS

// Read returns the languages of the app.
func Read() (*narrate.Languages, error) { return narrate.Read(ask.Texts, explore.Texts, Files) }
