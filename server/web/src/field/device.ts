import type { Device } from "../sync/joining.ts";

const systems: readonly (readonly [RegExp, string])[] = [[/Android/, "Android"], [/iPhone|iPad|iPod/, "iOS"], [/Windows/, "Windows"], [/Mac OS X|Macintosh/, "macOS"], [/CrOS/, "ChromeOS"], [/Linux/, "Linux"]];
const browsers: readonly (readonly [RegExp, string])[] = [[/Edg\//, "Edge"], [/SamsungBrowser\//, "Samsung Internet"], [/Firefox\/|FxiOS\//, "Firefox"], [/Chrome\/|CriOS\//, "Chrome"], [/Safari\//, "Safari"]];

/** What the office sees a device called: browser and system, and nothing that tells two of a kind apart. */
export function deviceOf({ userAgent }: { readonly userAgent: string }): Device {
  const system = systems.find(([is]) => is.test(userAgent))?.[1] ?? "unknown";
  const browser = browsers.find(([is]) => is.test(userAgent))?.[1] ?? "Browser";
  return { name: `${browser} on ${system}`, platform: `web/${system.toLowerCase()}` };
}
