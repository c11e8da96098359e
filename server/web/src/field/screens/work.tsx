import type { JSX } from "preact";
import type { Route } from "../route.ts";
import { EditPerson, NewPerson, PersonState } from "./about.tsx";
import { Appointment } from "./appointment.tsx";
import { Consent, NewConsent } from "./consent.tsx";
import { Contact, NewContact } from "./contact.tsx";
import { Outcome } from "./outcome.tsx";
import { People } from "./people.tsx";
import { Person } from "./person.tsx";
import { EditAppointment, MoveAppointment, NewAppointment } from "./plan.tsx";
import { ShowPage } from "./page.tsx";
import { Settle } from "./settle.tsx";
import { FollowUp, NewFollowUp, StepAfter } from "./step.tsx";
import { EditSupport, Support, SupportAfter, SupportWith } from "./support.tsx";
import { Today } from "./today.tsx";

/** The screens of a worker's day; undefined for a place that is none of them. The key lets a form begin anew for each record. */
export function workScreen(route: Route): JSX.Element | undefined {
  switch (route.at) {
    case "today": return <Today />;
    case "people": return <People />;
    case "newPerson": return <NewPerson />;
    case "person": return <Person key={route.person} person={route.person} />;
    case "editPerson": return <EditPerson key={route.person} person={route.person} />;
    case "personState": return <PersonState key={route.person} person={route.person} />;
    case "newAppointment": return <NewAppointment key={route.person} person={route.person} />;
    case "newContact": return <NewContact key={route.person} person={route.person} />;
    case "newConsent": return <NewConsent key={route.person} person={route.person} />;
    case "newFollowUp": return <NewFollowUp key={route.person} person={route.person} />;
    case "support": return <Support />;
    case "supportWith": return <SupportWith key={route.person} person={route.person} />;
    case "supportAfter": return <SupportAfter key={route.record} record={route.record} />;
    case "editSupport": return <EditSupport key={route.record} record={route.record} />;
    case "appointment": return <Appointment key={route.record} record={route.record} />;
    case "editAppointment": return <EditAppointment key={route.record} record={route.record} />;
    case "moveAppointment": return <MoveAppointment key={route.record} record={route.record} />;
    case "outcome": return <Outcome key={route.record} record={route.record} />;
    case "stepAfter": return <StepAfter key={route.record} record={route.record} />;
    case "contact": return <Contact key={route.record} record={route.record} />;
    case "consent": return <Consent key={route.record} record={route.record} />;
    case "followUp": return <FollowUp key={route.record} record={route.record} />;
    case "page": return <ShowPage key={route.person} person={route.person} />;
    case "settle": return <Settle key={route.record} record={route.record} />;
    default: return undefined;
  }
}
