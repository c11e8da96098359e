package deltasync

import "strings"

// Scope is a set of records that are seen together: "person/ID", "team/ID", "coordination/ID", "user/ID" or "directory"
// (PROTOCOL §3).
type Scope string

// Directory is the scope of what every user sees.
const Directory Scope = "directory"

// The families of scopes, by what stands before the slash.
const (
	PersonScope       = "person"
	TeamScope         = "team"
	CoordinationScope = "coordination"
	UserScope         = "user"
	DirectoryScope    = "directory"
)

func PersonOf(id RecordID) Scope     { return Scope(PersonScope + "/" + string(id)) }
func TeamOf(id TeamID) Scope         { return Scope(TeamScope + "/" + string(id)) }
func CoordinationOf(id TeamID) Scope { return Scope(CoordinationScope + "/" + string(id)) }
func UserOf(id UserID) Scope         { return Scope(UserScope + "/" + string(id)) }

// Family is the part before the slash; ID the part after it.
func (s Scope) Family() string {
	f, _, _ := strings.Cut(string(s), "/")
	return f
}

func (s Scope) ID() string {
	_, id, _ := strings.Cut(string(s), "/")
	return id
}

// Valid reports whether s names a scope of a known family.
func (s Scope) Valid() bool {
	switch s.Family() {
	case PersonScope, TeamScope, CoordinationScope, UserScope:
		return ValidUUID(s.ID())
	}
	return s == Directory
}

// Role is what a user may do (PROTOCOL §3.2).
type Role string

const (
	Worker      Role = "worker"
	Coordinator Role = "coordinator"
	Admin       Role = "admin"
	system      Role = "system" // writers inside the server
)

// Client is who is asking: one enrolment of a device, as its token has proved.
type Client struct {
	ID    ClientID
	User  UserID
	Role  Role
	Team  TeamID
	Since Version // where the user began in the log: the generation of the scopes that are its own
}

// A Principal is what access to people's scopes is granted to: one user, or all coordinators of one team.
type Principal string

func userPrincipal(u UserID) Principal         { return Principal("u:" + u) }
func coordinatorsPrincipal(t TeamID) Principal { return Principal("c:" + t) }

// Principals are those through which the client sees people's scopes. An admin has none.
func (c Client) Principals() []Principal {
	switch c.Role {
	case Worker:
		return []Principal{userPrincipal(c.User)}
	case Coordinator:
		return []Principal{coordinatorsPrincipal(c.Team)}
	}
	return nil
}

// own are the scopes that the client sees for what it is, in the order of their names.
func (c Client) own() []Scope {
	own := make([]Scope, 0, 4)
	if c.Role == Coordinator {
		own = append(own, CoordinationOf(c.Team))
	}
	return append(own, Directory, TeamOf(c.Team), UserOf(c.User))
}
