package accounts

// A Role is what somebody may do. Each may what those below it may.
type Role int

// The roles.
const (
	NoRole  Role = iota // of those who have not signed in
	Viewer              // reads pages, charts and lists
	Analyst             // predicts, asks, saves, uploads and trains
	Admin               // puts models to use, forgets customers, manages users
)

// Roles are the roles that a user can have, the least first.
func Roles() []Role { return []Role{Viewer, Analyst, Admin} }

// String returns the name of the role, empty for none.
func (r Role) String() string {
	switch r {
	case Viewer:
		return "viewer"
	case Analyst:
		return "analyst"
	case Admin:
		return "admin"
	}
	return ""
}

// ParseRole returns the role of a name, NoRole for another word.
func ParseRole(name string) Role {
	for _, r := range Roles() {
		if r.String() == name {
			return r
		}
	}
	return NoRole
}

// Access says to whom an address is open. Its zero value is the strictest, so that
// one that is forgotten is no hole.
type Access int

// The least role that is needed.
const (
	ForAdmins Access = iota
	ForAnalysts
	ForViewers
	ForAll // also without signing in
)

// Role returns the least role that is let in.
func (a Access) Role() Role {
	switch a {
	case ForAll:
		return NoRole
	case ForViewers:
		return Viewer
	case ForAnalysts:
		return Analyst
	}
	return Admin
}

// Allows reports whether a role is let in.
func (a Access) Allows(r Role) bool { return r >= a.Role() }
