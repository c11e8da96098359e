/** What another language has to say where English says this: the same keys, any words. */
export type Widen<T> = T extends string ? string : T extends (...args: infer A) => string ? (...args: A) => string : { readonly [K in keyof T]: Widen<T[K]> };

/** The first language asked for that there is; English if there is none. */
export function pick<T>(catalogues: { readonly en: T } & { readonly [language: string]: T }, asked: readonly string[] = globalThis.navigator?.languages ?? []): T {
  for (const tag of asked) {
    const language = tag.toLowerCase().split("-")[0]!;
    if (Object.hasOwn(catalogues, language)) return catalogues[language]!;
  }
  return catalogues.en;
}
