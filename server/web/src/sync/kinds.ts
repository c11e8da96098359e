/** Fields that merge as one value, by kind (PROTOCOL §8.2). */
const groups: { readonly [kind: string]: readonly (readonly string[])[] } = {
  appointment: [["status", "missed_reason"], ["starts_at", "ends_at"], ["reply", "reply_note"]],
};

/** The fields that merge with one as one value, itself among them. */
export function groupOf(kind: string, field: string): readonly string[] {
  return groups[kind]?.find((g) => g.includes(field)) ?? [field];
}
