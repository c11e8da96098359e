package demo

// Who there is. Surnames are put together from pieces of landscape and belong to nobody known.
var (
	firstNames = []string{
		"Agnes", "Ailsa", "Alasdair", "Amina", "Angus", "Anya", "Archie", "Bashir", "Betty", "Blair", "Cal", "Cara",
		"Catriona", "Connor", "Craig", "Dario", "Davie", "Donna", "Dougie", "Eilidh", "Ewan", "Farah", "Fergus", "Fiona",
		"Gavin", "Ged", "Grace", "Hamish", "Hannah", "Iona", "Irene", "Isla", "Jackie", "Jamie", "Janek", "Jean", "Kasia",
		"Keir", "Kenny", "Kirsty", "Lachlan", "Leona", "Lorna", "Magda", "Mairi", "Malky", "Marion", "Maureen", "Mhairi",
		"Michal", "Morag", "Morven", "Murdo", "Nadia", "Neil", "Niamh", "Omar", "Paul", "Peggy", "Rab", "Rhona", "Robbie",
		"Rory", "Rosa", "Ruaridh", "Samina", "Sandra", "Scott", "Senga", "Shona", "Sorcha", "Stevie", "Tam", "Tariq",
		"Tess", "Una", "Wullie", "Yusuf", "Zara", "Zofia",
	}
	surnameStarts = []string{
		"Thistle", "Rowan", "Peat", "Heather", "Bracken", "Corrie", "Whin", "Lochan", "Birk", "Moss", "Gorse", "Alder",
		"Skerry", "Haar", "Bramble", "Curlew", "Lapwing", "Tummel", "Sorrel", "Machair",
	}
	surnameEnds = []string{"wick", "brae", "burn", "gill", "rig", "law", "shaw", "holm", "fell", "mire", "croft", "haugh"}

	// longNames are for those who are to be seen whole on a small screen.
	longNames = []string{"Alexandrina Margaret Thistlewick-Lochanhaugh", "Bartholomew Skerrymire-Brambleholm", "Chukwuemeka Machairfell-Curlewcroft", "Mairi-Anne Gorseholm-Lapwingshaw"}

	teamNames = []string{"Made-up Team North", "Made-up Team South"}

	languages = []string{"Polish", "Urdu", "Punjabi", "Scots", "British Sign Language", "Romanian", "Arabic"}
)

// What matters to people.
var (
	interests = []string{
		"fishing", "choir", "baking", "football", "old westerns", "hill walking", "bingo", "guitar", "country music",
		"gardening", "darts", "knitting", "cycling", "local history", "crosswords", "dogs", "art class", "swimming",
		"model trains", "karaoke", "photography", "dominoes", "poetry", "motorbikes", "birdwatching", "cooking",
		"volunteering", "allotment", "chess", "drumming", "charity shops", "computers",
	}
	needs = []string{
		"transport", "someone to go along", "quiet place to wait", "large print", "interpreter", "step-free",
		"phone credit", "reminders on the day", "afternoons rather than mornings", "letters read through together",
		"childcare", "a seat near the door",
	}
	goals = []string{
		"To get back to the fishing on a Sunday, and to sleep right through again.",
		"A place of my own with a wee garden. Somewhere the grandkids can visit.",
		"To feel up to going out on my own, starting with the shop at the corner.",
		"To see my daughter more, and be well when I do.",
		"To get the flat sorted and the letters opened, one at a time.",
		"Back to work in a kitchen, part time to begin with.",
		"To sing in front of folk again.",
		"To get my teeth fixed so I can smile in photos.",
		"To stay on my treatment and finish the college course.",
		"Fewer bad mornings. A reason to get up on the good ones.",
		"To learn the computer well enough to video call my brother.",
		"To help out at the allotment every week, not just when it is dry.",
		"To get my driving licence back.",
		"To understand my money, and have something left at the end of the week.",
		"To be able to sit in a waiting room without walking out.",
		"Someone to talk to who kens me, and doesn't need it all told again.",
		"To take the dog further than the end of the road.",
		"To get a routine: up, fed, out, home.",
	}
	safeTimes  = []string{"After 11 in the morning", "Weekdays before 3", "Afternoons", "Any time by text", "Evenings before 8", "Not on Mondays"}
	safeWords  = []string{"Just say \"catch-up\"", "First name only", "Say it is about the class", "Say it is about the allotment", "No names, just the time"}
	contactBy  = []string{"text", "call", "letter", "calling round", "through a relative"}
	safeToShow = []string{"time", "place", "first name"}
	carefully  = []string{
		"Friendly dog in the close. Ring first and it will be kept in.",
		"Steps up to the door are slippy when wet.",
		"Please ring rather than chap the door unannounced.",
		"Finds loud places hard. Meet at the quiet end of the café.",
	}
)

// Who stands by them.
var (
	professionals = []struct{ relation, organisation string }{
		{"GP", "Health centre"}, {"Practice nurse", "Health centre"}, {"Community psychiatric nurse", "Community mental health clinic"},
		{"Social worker", "Social work office"}, {"Housing officer", "Housing office"}, {"Pharmacist", "Pharmacy"},
		{"Keyworker", "Recovery service"}, {"Money adviser", "Advice centre"}, {"Occupational therapist", "Community mental health clinic"},
		{"Peer worker", "Recovery service"}, {"Advocate", "Advocacy service"},
	}
	informal = []string{"mum", "sister", "brother", "pal", "neighbour", "uncle", "partner", "daughter", "son", "auntie", "cousin", "football coach"}
)

// A meeting is a kind of appointment.
type meeting struct {
	title, place, with string
	minutes            int
	goesAlong          bool   // the worker goes with the person
	what               string // the support that it comes to, if it is kept
	weight             int
}

var meetings = []meeting{
	{"Home visit", "Their home", "", 60, false, "visit", 22},
	{"Catch-up over a cuppa", "Café", "", 60, false, "visit", 14},
	{"Phone catch-up", "Phone", "", 30, false, "call", 10},
	{"GP appointment", "Health centre", "GP", 30, true, "accompanied", 10},
	{"Practice nurse", "Health centre", "Practice nurse", 30, true, "accompanied", 5},
	{"Mental health review", "Community mental health clinic", "Community psychiatric nurse", 45, true, "accompanied", 8},
	{"Treatment review", "Community clinic", "Keyworker", 45, true, "accompanied", 6},
	{"Benefits form", "Community hub", "Money adviser", 60, true, "paperwork", 6},
	{"Housing interview", "Housing office", "Housing officer", 45, true, "advocacy", 5},
	{"Dentist", "Dental clinic", "Dentist", 45, true, "accompanied", 3},
	{"Opening the post together", "Library", "", 45, false, "paperwork", 4},
	{"Recovery café", "Recovery café", "Peer worker", 60, true, "accompanied", 4},
	{"Trying out the choir", "Community hub", "", 60, true, "accompanied", 2},
	{"First hour at the allotment", "Allotment", "", 90, true, "transport", 1},
}

var (
	missedReasons = []string{
		"Mixed up the day", "Phone was out of credit, so no reminder", "Didn't feel able to leave the house", "Was unwell",
		"Something came up with the family", "No answer; reason not known yet", "Slept badly, and slept in",
	}
	missedThere = []string{
		"The bus didn't come", "Letter went to the old address", "Worried after the last time there", "Mixed up the day", "Was unwell",
		"Didn't feel able to go in", "Two appointments at the same time",
	}
	attendedNotes = []string{
		"Went well. Said more than last time.", "Good chat. Next one is booked already.", "Short, but it was kept. That counts.",
		"Tired today. Kept it brief, and agreed the next step.", "In good form. Talked about the summer.", "A bit low. Meeting again sooner.",
	}
	attendedThere = []string{
		"A bit of a wait, but stayed. Proud of that.", "Nervous going in, settled after ten minutes.", "Came early. Brought the forms.",
		"Clear plan agreed, and written down for them to keep.", "Asked their own questions this time.", "Medication looked at; letter to follow.",
	}
	cancelledNotes = []string{"Asked to leave it for now.", "Clashed with something else.", "I was off sick; rang to say so."}
	cancelledThere = []string{"Cancelled by the clinic; a new letter is to come.", "Clashed with another appointment.", "Staff off sick there."}
	travels        = []string{"bus", "lift from me", "walks", "taxi", "lift from a pal"}
	replyNotes     = []string{"Aye, see you then", "Will be there", "Ok thanks", "Can you chap when you're outside?"}
	cannotNotes    = []string{"Can't make it, sorry. The wean is not well", "Not today. Can you ring me?", "Shift got changed"}
	otherTimeNotes = []string{"Could it be after 3?", "Friday is better for me", "Morning instead? Bus is easier"}
	alongNotes     = []string{"Would rather not go in alone", "Please come with me", "Can we meet at the bus stop?"}
)

// What was done, by kind of support. Formal says whether it is a service's or the person's own circle's doing.
var supportNotes = map[string][]string{
	"accompanied": {
		"Met at the bus stop and went in together.", "Sat in on it, as asked. Wrote down what was said.",
		"Waited outside, and walked back with them after.", "Got there ten minutes early so there was time for a breather.",
		"First time back there in a year. Took it slowly.",
	},
	"visit": {
		"Tea and a blether. Flat is looking good.", "Talked through the week. Two better days than last.",
		"Sorted the calendar for the next fortnight.", "Quiet today. Sat a while; that was enough.",
		"Showed me the new plants on the windowsill.", "Went over what helps on a bad night.",
		"Looked at photos from the fishing. Keen to go again.",
	},
	"call": {
		"Rang to see how the weekend went. All fine.", "Rang about tomorrow; knows where to go.",
		"Short call. Asked me to ring back on Friday.", "Called the clinic together on speaker.",
		"Left no message, as agreed. Rang back within the hour.", "A hard morning. Talked until it eased.",
	},
	"message": {
		"Sent the time for Thursday. Thumbs up back.", "Asked how it went. \"Better than I thought.\"",
		"Sent a photo of the bus times.", "Message about the class; would like to try it.",
	},
	"advocacy": {
		"Spoke with the housing office about the damp. Inspection promised.", "Asked for a later slot; they could do 2 o'clock.",
		"Went over the letter and put their side in writing.", "Asked that letters go to the new address. Confirmed.",
	},
	"transport": {
		"Lift there and back, as the bus was off.", "Took the bus together the first time, to learn the route.", "Arranged a taxi on the account.",
	},
	"paperwork": {
		"Filled in the form together. Posted.", "Went through three months of letters. Two needed answers.",
		"Helped with the bus pass application.", "Got the medical evidence together for the review.", "Set up the repayment plan they chose.",
	},
	"signposting": {
		"Told them about the walking group; will go along with them the first time.", "Rang ahead to the advice centre, so that they are expected.",
		"Looked up the library's computer mornings together.", "Passed on the number, and saved it in their phone with them.",
	},
	"other": {
		"Dropped off a food parcel.", "Helped to set up the phone: bigger letters, and the calendar.", "Sent a birthday card from the team.",
		"Borrowed a winter coat from the hub.",
	},
}

var informalNotes = []string{
	"Stayed over while things were rough.", "Comes by on Sundays with soup.", "Walks the dog with them.", "Drove them to the clinic when I couldn't.",
	"Rings every night at nine.", "Kept the spare key, and checked in.",
}

// otherSupports are drawn beside appointments, some more often.
var otherSupports = []string{
	"call", "call", "call", "message", "message", "message", "visit", "advocacy", "paperwork", "signposting", "transport", "other",
}

var (
	steps    = []string{"message", "phone call", "call round"}
	outcomes = []string{
		"Spoke. Had mixed up the day. Rebooked.", "Message back the same evening. New time asked for.", "Called round. Fine, just embarrassed. Rebooked together.",
		"Would like me to come along next time. Done.", "Reached through their sister. All right, and will ring.", "Spoke on the third try. Bad week; we meet on Thursday.",
	}
)

// farewells are what is written about somebody who has just been passed on.
var farewells = []string{
	"Rang to say cheerio, and who comes next. Took it well.", "Said I'd pop in with my colleague on Tuesday, so they meet in person.",
	"Asked that the new worker rings rather than texts.", "Wants the Thursday slot kept. Told my colleague.",
	"A wee bit anxious about the change. Gave both our numbers.",
}
