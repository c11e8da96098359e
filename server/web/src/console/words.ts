import { plurals } from "../field/words/plural.ts";
import { w } from "../field/words.ts";

const n = plurals("en-GB");

/** Every word that the desk says and the field does not. */
export const c = {
  app: "Alongside, at the desk",
  nav: {
    label: "Main", now: "Now", caseload: "Caseload", workers: "Workers", handover: "Handover", held: "To settle", figures: "Figures",
    calendar: "Calendar", audit: "Audit", twice: "Same person twice", first: "First day",
  },
  find: "Find a person",
  findNone: "Nobody of that name",
  signOut: "Sign out",
  line: {
    live: (when: string) => `Up to date ${when}`,
    loading: "Fetching what the team has",
    away: (when: string) => `No connection. What you see is as it was ${when}.`,
    never: "No connection yet",
    unsent: (k: number) => n(k, { one: "# entry has not reached the server. Keep this window open.", other: "# entries have not reached the server. Keep this window open." }),
    stuck: "The server does not answer this window any more. Load it again.",
  },
  door: {
    title: "Sign in",
    text: "For coordinators and administrators. Workers use the app on their phone.",
    passkey: "Sign in with a passkey",
    code: "I have a code",
    codeLabel: "The code of your link",
    codeHint: "15 letters and digits, in three groups",
    codeShort: "A code has 15 letters and digits",
    useCode: "Sign in with this code",
    checking: "One moment",
    noPasskeys: "This browser has no passkeys. Sign in with a code.",
    over: "You are signed out",
    overText: "After some time without a touch, or because you signed out in another window. Nothing that was said to be saved is lost.",
    bindTitle: "Sign in without a code next time",
    bindText: "A passkey is kept by this computer or your phone, and opens the desk with a fingerprint, a face or the computer's PIN. Without one you need a new code each time.",
    bind: "Make a passkey",
    bound: "Your passkey is made",
    later: "Not now",
  },
  no: {
    unreachable: "The server does not answer. Look whether you are online, then try again.",
    session_ended: "You are signed out. Sign in again.",
    code_invalid: "That code is not right. Look whether you have all of it.",
    code_used: "That code was used already. Ask for a new one.",
    code_expired: "That code is too old. Ask for a new one.",
    code_for_phone: "That code is for the app on a worker's phone. It is still good there.",
    passkey_unknown: "This passkey is not known here. Try another, or ask for a new link.",
    passkey_stopped: "That was stopped before it was done. Try again.",
    passkey_missing: "This browser could not use a passkey here.",
    passkey_there: "This computer has a passkey for you already.",
    passkey_again: "That took too long. Begin again.",
    no_passkey: "Make a passkey first: this needs proof that it is you. Or sign out, and sign in with a fresh code.",
    forbidden: "Your role may not do this.",
    not_found: "There is nothing of that kind that you may see.",
    rate_limited: "Too much at once. Wait a minute, then try again.",
    other: (detail: string) => detail === "" ? "That did not work. Try again; if it stays like this, tell whoever runs the server." : detail,
  } as Readonly<Record<string, unknown>> & { readonly other: (detail: string) => string },
  now: {
    title: "Now",
    text: (people: number) => n(people, { one: "# person in your team's care", other: "# people in your team's care" }),
    visits: "Visits today", answers: "Answers that wait", overdue: "Not said how it went", adrift: "Missed, and nothing planned", ladder: "Steps due",
    unseen: "Not seen for three weeks",
    phones: "Phones not heard of", phonesText: (days: number) => `No sync for ${days} days or more, or never`, held: "Entries to decide",
    apart: "Written twice, differently", backup: "Last backup",
    backupNone: "None yet", backupOld: "Tell whoever runs the server", nothing: "Nothing here. Well done.",
    with: (who: string) => who === "" ? "nobody" : who, open: "Open",
    never: "never", plan: "Plan the next", record: "Say how it went",
  },
  table: {
    title: "Caseload", search: "Search by name or worker", worker: "Worker", all: "Everybody", everyState: "All, with those that ended",
    attention: "Needs attention", attentionOnly: "Only who needs attention", shown: (k: number, of: number) => `${k} of ${of}`,
    columns: { name: "Name", worker: "Worker", lastSeen: "Last seen", next: "Next appointment", missed: "Last five", reach: "Reachable", attention: "Needs attention" },
    reach: { reminded: "Gets reminders", no_consent: "No reminders agreed", no_way: "No number", failing: "Number does not work" },
    came: { attended: "came", missed: "missed" }, nobody: "Nobody",     more: (k: number) => `and ${k} more`, none: "Nobody fits. Take a filter away.", empty: "There is nobody yet. Begin with First day.",
    views: "Saved views", save: "Save this view", viewName: "Name of the view", forget: "Forget it", keep: "Keep it",
    viewsNote: "Saved views last until this window is closed: a desk keeps nothing on the computer.",
  },
  person: {
    history: "Every change", historyText: "Who changed what, when, and on which device. The latest first.", show: "Show",
    holders: "Who has this data", holdersText: "Devices that hold this person, or held them.",
    dropped: "confirmed to hold it no more", holds: "may hold it", cut: "cut off", pulled: (when: string) => `last complete fetch ${when}`,
    notPulled: "no complete fetch known", since: (when: string) => `since ${when}`,
    program: "Alongside itself", themself: "The person themselves",
    was: { set: "set to", add: "with", remove: "without", delete: "deleted" } as Readonly<Record<string, string>>,
    gone: "no longer kept", heldNote: "waited for a decision", 
  },
  workers: {
    title: "Workers", people: (k: number) => n(k, { one: "# person", other: "# people" }),
    week: (k: number) => n(k, { one: "# appointment in seven days", other: "# appointments in seven days" }),
    waits: (h: number, r: number) => h + r === 0 ? "" : `${h} to decide, ${r} refused`, noDevice: "No phone yet",
    heard: (when: string) => `last heard of ${when}`, pulled: (when: string) => `last complete fetch ${when}`, never: "never synced",
    version: (b: string) => `version ${b}`, cut: "Cut off", cutAsk: (name: string) => `Cut off ${name}?`,
    cutText: "It is asked to erase itself when it next reaches the server. Its last work comes to you as entries to decide. This cannot be undone; the worker can join again with a new code.",
    cutYes: "Cut it off", no: "No",
    cutDone: "It is cut off", report: "What it may hold", reportTitle: (name: string) => `What ${name} may hold`,
    reportText: "For the data-protection officer. People whose data this device fetched, as far as the server knows.",
    reportDropped: "Confirmed to hold no more",
    others: (k: number) => n(k, { one: "and # person whom you may not see", other: "and # people whom you may not see" }), print: "Print",
    close: "Close",
    enrol: "Enrol a phone", enrolDesk: "Make a link for the desk", enrolTitle: (name: string) => `A phone for ${name}`,
    enrolText: "Scan this with the phone's camera, or open the link on it. It works once, for a day.", code: "Code",
    until: (when: string) => `Good until ${when}`,
    disabled: "Account closed", addTitle: "Add somebody", name: "Name", role: "Role",
    roles: { worker: "Worker", coordinator: "Coordinator", admin: "Administrator" } as Readonly<Record<string, string>>, add: "Add",
    added: (name: string) => `${name} is added`, nameMissing: "Enter a name",
  },
  handover: {
    title: "Handover", text: "Move people from one worker to others. The old phone sends its work about them first, then drops them.", from: "From",
    nobody: "People with nobody", choose: "Choose", to: "To", part: "As", lead: "Lead", cover: "Cover", keepOld: "The old worker stays too",
    on: "From which day",
    all: "All of them", chosen: (k: number) => n(k, { one: "# person chosen", other: "# people chosen" }),
    open: (k: number) => n(k, { one: "# appointment to come", other: "# appointments to come" }), preview: "What will happen",
    each: (name: string, from: string, to: string) => `${name}: from ${from} to ${to}`, go: "Hand over",
    noOne: "Choose at least one person", noTo: "Choose who takes them over", same: "That is the same worker",
    done: (k: number) => n(k, { one: "# person handed over", other: "# people handed over" }), state: "How far it is", old: "Old phone",
    sent: "its work is here, and it has dropped them", waits: (when: string) => `not back since. Last heard of ${when}`, noPhone: "has no phone",
    arrived: "New phone", has: "has them", hasNot: (when: string) => `has not fetched since. Last heard of ${when}`,
    late: "What still comes from the old phone waits under To settle. Accepting it puts it into the record under its own author and time.",
    refused: "The server did not take this", none: "Nobody to hand over here.",
    noPhones: (name: string) => `${name} has no phone that works. They will see these people once they have joined.`, again: "Look again",
  },
  held: {
    title: "To settle", text: "Nothing here is lost, and nothing is deleted. What you decide is written down.", apart: "Written twice, differently",
    apartNone: "Nothing stands in two versions.", settleIt: "Settle", open: "Entries to decide", none: "No entry waits for a decision.",
    by: (who: string, when: string) => `${who}, ${when}`,
    about: (person: string) => `About ${person}`, nobody: "About somebody whom you do not see",
    reasons: { not_permitted: "They were not allowed to change this then.", unknown_kind: "Written by a newer version of the app.", group_held: "Belongs with another entry that waits.", device_revoked: "The last work of a phone that was cut off.", lost_ops: "Something before it never arrived.", sealed: "Written before a PIN was forgotten.", sealed_by_another: "Sealed on a phone by somebody else." } as Readonly<Record<string, string>>,
    otherReason: (code: string) => `The server says: ${code}`, held: "Waits", rejected: "Refused", accept: "Put into the record", aside: "Set aside",
    why: "Why is it set aside?", whyMissing: "Write why, in a few words", asideYes: "Set it aside",
    accepted: "It is in the record, under its own author and time", asideDone: "It is set aside, with your reason",
    earlier: "An earlier entry of the same phone comes first.", decided: "Decided",
    was: { accepted: "Put into the record", set_aside: "Set aside" } as Readonly<Record<string, string>>, unreadable: "It could not be read",
    write: "Write it differently", payload: "What was written", device: "from",
    another: "Somebody else has just decided this. What you chose is kept under Decided.", tooLate: "A decision that came after another's",
    deleted: "Delete the record",
  },
  figures: {
    title: "Figures", text: "Of your team, counted from its records. What leaves the team hides counts from 1 to 4.", since: "From which week",
    missed: "Missed, of those that were kept or missed", byLead: "By how long before it was made", replies: "Replies", supports: "Support by kind",
    caseload: "People by worker", recovered: "Seen again within four weeks of a miss", table: "The same as a table", csv: "As CSV",
    week: "Week",
    lead: { same_day: "Same day", week: "Within a week", month: "Within a month", longer: "Longer before" } as Readonly<Record<string, string>>,
    total: "All", attended: "Came", missedN: "Missed", cancelled: "Cancelled", recoveredN: "Recovered", replied: "Answered", what: "What",
    count: "Number", worker: "Worker", people: "People", hidden: "under 5", none: "Nothing to count yet.",
  },
  calendar: {
    title: "Calendar", day: "Day", week: "Week", today: "Today", before: "Earlier", after: "Later", worker: "Worker", all: "Everybody",
    none: "Nothing", print: "Print", feed: "In your own calendar",
    feedText: "An address that your calendar reads. It shows initials and times, and nothing of what it is about.", make: "Make an address",
    again: "Make a new one, and end the old", end: "End it", ended: "The address is ended", printOf: (who: string) => `The day of ${who}`,
  },
  audit: {
    title: "Audit", text: "What happened, in the order of the log. Nothing in it can be changed.", who: "Whose doing", whom: "About whom",
    anybody: "Anybody", everybody: "Everybody", older: "Further on", begin: "From the beginning", csv: "As CSV",
    head: (hash: string, at: number) => `The log stands at entry ${at}, with the sum ${hash}. Each backup prints the same sum.`,
    pulls: "What each phone last fetched", none: "Nothing of that kind.",
    what: { access_begun: "Access began", access_ended: "Access ended", change: "Change", sign_in: "Signed in", sign_out: "Signed out", device_enrolled: "Device enrolled", device_cut_off: "Device cut off", account: "Account", passkey: "Passkey" } as Readonly<Record<string, string>>,
    at: "When", event: "What", by: "Who", device: "Device", about: "About", fields: "Fields",
  },
  twice: {
    title: "Same person twice",
    text: "Two workers met one person and wrote them down apart. Linking joins what is shown, and gives each entry's workers the other. No record moves, and it can be undone.",
    maybe: "These may be the same", none: "Nobody looks like somebody else.",
    why: { name: "the same name", phone: "the same number" } as Readonly<Record<string, string>>, link: "They are one person",
    other: "Two that are not in the list", one: "One entry", two: "The other", choose: "Choose", linked: "Linked",
    linkedNone: "No two entries are linked.", undo: "They are two people after all", done: "They are linked", undone: "They are apart again",
    same: "Choose two different entries",
    pair: (a: string, b: string) => `${a} and ${b}`, by: (worker: string) => worker === "" ? "nobody works with them" : worker,
  },
  first: {
    title: "First day", text: "Bring in what you have as tables. Nothing is written before you have seen what would be.", file: "A table (CSV)",
    kind: "What is in it", kinds: { people: "People", contacts: "Contacts", appointments: "Appointments" } as Readonly<Record<string, string>>,
    columns: { people: "Columns: name, preferred_name, phone, worker, safe_words, language, goals, safety_note, external_id", contacts: "Columns: person, name, relation, organisation, phone", appointments: "Columns: person, title, starts_at, ends_at, place, with, service, status, travel" } as Readonly<Record<string, string>>,
    look: "See what would happen", go: "Write it",
    counts: { new: "new", there: "there already", bad: "set aside", applied: "written", conflict: "written beside another value", held: "waits for a decision", rejected: "refused" } as Readonly<Record<string, string>>,
    line: "Line", status: "What", reason: "Why", done: "It is written", fileMissing: "Choose a file",
    tooLarge: "The file is larger than a megabyte. Cut it into several.",
    again: "Twice the same changes nothing: what is there already stays as it is.", team: "A team", addTeam: "Add a team",
    teamName: "Name of the team", teamAdded: "The team is added",
  },
  adminOnly: "As an administrator you keep teams, users and devices, and see nobody's records.",
  cancel: "Cancel",
  failed: "That did not work.",
  unanswered: "The server has not answered yet. It is sent as soon as it does: keep this window open, and look at the line at the top.",
  retry: "Try again",
  loading: "One moment",
};

/** Whose doing something is: somebody's by name, the program's own, or that of the person whom it is about. */
export const whose = (user: string | undefined, name: string | undefined): string =>
  name ?? (user?.startsWith("system/") ? c.person.program : user?.startsWith("person/") ? c.person.themself : user ?? "");

/** What the server's no means, in words. */
export function noWords(code: string, detail: string): string {
  const known = c.no[code];
  return typeof known === "string" ? known : c.no.other(detail);
}

/**
 * A desk is no phone: what the screens that it shares with the field say of "this phone" is not said here. How far what was written has come
 * stands in the line at the top, and nothing else says it.
 */
export function speakOfDesk(): void {
  const atDesk = (text: string): string => text.replace(/^Saved on this phone$/, "Written down").replace(/ saved on this phone$/, " written down").replace(/\. On this phone$/, "").replace(/ on this phone( at once)?/g, "");
  const go = (of: Record<string, unknown>): void => {
    for (const [key, said] of Object.entries(of)) {
      if (typeof said === "string") of[key] = atDesk(said);
      else if (typeof said === "function") of[key] = (...args: unknown[]) => { const made = (said as (...args: unknown[]) => unknown)(...args); return typeof made === "string" ? atDesk(made) : made; };
      else if (typeof said === "object" && said !== null && !Array.isArray(said)) go(said as Record<string, unknown>);
    }
  };
  go(w as unknown as Record<string, unknown>);
}
