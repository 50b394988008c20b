// Package sqlname reads the names of tables that people write.
package sqlname

import "strings"

// Split returns the two parts of schema.table. A part stands as it is, with
// case and blanks, or in double quotes, in which a double quote is written
// twice and a dot is no separator. The schema of a name that is quoted as a
// whole is empty. Every other text (of one part or of more than two, with an
// empty part or a double quote inside) is the name of a table as it stands.
func Split(name string) (schema, table string) {
	first, rest, ok := cut(name)
	switch {
	case ok && rest == "":
		return "", first
	case ok && rest[0] == '.':
		if second, rest, ok := cut(rest[1:]); ok && rest == "" {
			return first, second
		}
	}
	return "", name
}

// cut cuts off the first part of a name.
func cut(name string) (part, rest string, ok bool) {
	if !strings.HasPrefix(name, `"`) {
		i := strings.IndexByte(name, '.')
		if i < 0 {
			i = len(name)
		}
		return name[:i], name[i:], i > 0 && !strings.Contains(name[:i], `"`)
	}
	var b strings.Builder
	for i := 1; i < len(name); i++ {
		if name[i] == '"' {
			if i++; i == len(name) || name[i] != '"' {
				return b.String(), name[i:], b.Len() > 0
			}
		}
		b.WriteByte(name[i])
	}
	return "", "", false
}
