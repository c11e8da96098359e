import { browserSupportsWebAuthn, startAuthentication, startRegistration, type PublicKeyCredentialCreationOptionsJSON, type PublicKeyCredentialRequestOptionsJSON } from "@simplewebauthn/browser";
import { api, Refused, type SessionShown } from "./api.ts";

/** What the browser's own dialogue came to, where it came to nothing: "stopped" by the person or by time, "missing" where it has none. */
function refused(why: unknown): Refused {
  if (why instanceof Refused) return why;
  const name = why instanceof Error ? why.name : "";
  return new Refused(name === "InvalidStateError" ? "passkey_there" : name === "NotAllowedError" || name === "AbortError" ? "passkey_stopped" : "passkey_missing", "");
}

export const hasPasskeys = (): boolean => browserSupportsWebAuthn();

export async function signIn(): Promise<SessionShown> {
  try {
    const { options, id } = await api.signIn.begin();
    return await api.signIn.finish(id, await startAuthentication({ optionsJSON: (options.publicKey ?? options) as PublicKeyCredentialRequestOptionsJSON }));
  } catch (why) {
    throw refused(why);
  }
}

export async function addPasskey(): Promise<void> {
  try {
    const { options } = await api.passkey.begin();
    await api.passkey.finish(await startRegistration({ optionsJSON: inside(options) as PublicKeyCredentialCreationOptionsJSON }));
  } catch (why) {
    throw refused(why);
  }
}

export async function stepUp(): Promise<void> {
  try {
    const { options } = await api.stepUp.begin();
    await api.stepUp.finish({ credential: await startAuthentication({ optionsJSON: inside(options) as PublicKeyCredentialRequestOptionsJSON }) });
  } catch (why) {
    throw refused(why);
  }
}

/** Does what may need a fresh proof of who sits there; if it does, asks for it once and does it again. */
export async function proven<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (why) {
    if (!(why instanceof Refused) || why.code !== "step_up_needed") throw why;
    await stepUp();
    return work();
  }
}

const inside = (options: unknown): unknown => (options as { readonly publicKey?: unknown }).publicKey ?? options;
