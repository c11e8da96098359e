package deltasync

// Kind declares a kind of record as data: where it lives, its fields, and who may write it (PROTOCOL §9). What it does
// not name survives unharmed.
type Kind struct {
	Name   string
	In     string // the family of scopes that it lives in
	Fields []Field
	Groups [][]string // fields that merge as one value, in the order in which they are shown
	Write  Writers    // who may make and delete it, and, unless that is the server alone, who may edit it at all
	Keep   string     // not empty: it is never deleted, and this says what to do instead
}

// Field declares one field.
type Field struct {
	Name     string
	Type     Type
	Required bool     // set when the record is made, and never cleared
	Fixed    bool     // never changes once set
	Max      int      // characters of a text, elements of a set, the highest count; 0: the type's own limit
	Write    Writers  // who may write it, in a record that exists
	Choices  []string // the values known today; others survive
}

// Type is what a field holds. Unknown fields hold Anything.
type Type int

const (
	Anything Type = iota
	Text          // a string
	Name          // a string with something in it
	Date          // YYYY-MM-DD
	Time          // RFC 3339
	Day           // a Date or a Time
	Count         // an integer from 0
	Flag          // true or false
	Choice        // one of Choices, or a value of a later version
	Set           // strings, by add and remove
	Scalar        // a string, a number, true or false
	Ref           // an id
)

// Writers says who may write a kind or a field.
type Writers int

const (
	Seers        Writers = iota // whoever sees the scope
	Coordinators                // coordinators who see the scope
	Server                      // only the server itself
)

// The kinds that the protocol itself acts on.
const (
	KindPerson     = "person"
	KindAssignment = "assignment"
	KindTeam       = "team"
	KindMember     = "member"
	KindHeld       = "held"
	KindNotice     = "notice"
)

// Kinds is the set that a server knows, by name.
type Kinds map[string]*Kind

// NewKinds gathers declarations.
func NewKinds(kinds ...*Kind) Kinds {
	k := make(Kinds, len(kinds))
	for _, kind := range kinds {
		k[kind.Name] = kind
	}
	return k
}

// Field finds a declaration; an undeclared field is Anything, and whoever writes the kind may write it.
func (k *Kind) Field(name string) (Field, bool) {
	for _, f := range k.Fields {
		if f.Name == name {
			return f, true
		}
	}
	return Field{Name: name}, false
}

// group is the group that a field merges with, alone if it has none.
func (k *Kind) group(name string) []string {
	for _, g := range k.Groups {
		for _, f := range g {
			if f == name {
				return g
			}
		}
	}
	return []string{name}
}
