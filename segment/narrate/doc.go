// Package narrate writes facts as sentences: statements, explanations,
// comparisons and choices of package insight, in English or another language.
//
// A [Voice] is a [Language], which has the texts, with words for the columns,
// which are handed in: package features has those of the campaign schema.
package narrate
