/** What a table has under a name that came from outside: nothing of what every object has besides, such as `constructor` or `__proto__`. */
export const own = <V>(of: Readonly<Record<string, V>>, name: string): V | undefined => Object.hasOwn(of, name) ? of[name] : undefined;
