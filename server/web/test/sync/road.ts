/** What happens to one request on its way. */
export type Turn = (path: string, pass: () => Promise<Response>, init: RequestInit) => Promise<Response>;

/** The road between a phone and the server. Each request meets the next turn; without any it is smooth. */
export interface Road {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  meet(...turns: readonly Turn[]): void;
  /** Every request meets it first, until it is taken away. */
  gate: Turn | undefined;
  /** What was not met yet. */
  left(): number;
  clear(): void;
  online(): boolean;
  /** Paths asked for so far. */
  readonly asked: string[];
}

export function openRoad(server: () => string): Road {
  let turns: Turn[] = [];
  let offline = false;
  const road: Road = {
    async fetch(url, init) {
      road.asked.push(url);
      const pass = (): Promise<Response> => fetch(server() + url, init);
      const turn = road.gate ?? turns.shift() ?? smooth;
      offline = turn === offlineTurn;
      return turn(url, pass, init);
    },
    meet: (...more) => void turns.push(...more),
    gate: undefined,
    left: () => turns.length,
    clear: () => { turns = []; },
    online: () => !offline,
    asked: [],
  };
  return road;
}

export const smooth: Turn = (_path, pass) => pass();

const lost = (): Promise<never> => Promise.reject(new TypeError("network error"));

/** The request does not reach the server. */
export const noSignal: Turn = () => lost();
const offlineTurn: Turn = () => lost();
/** The same, and the phone knows it. */
export const offline: Turn = offlineTurn;

/** The server answers, and nothing of it arrives. */
export const dropReply: Turn = async (_path, pass) => {
  const res = await pass();
  await res.arrayBuffer();
  return lost();
};

/** The answer ends after so many bytes, unpacked, and the connection with it. */
export const cutAt = (bytes: number): Turn => async (_path, pass) => {
  const res = await pass();
  const all = new Uint8Array(await res.arrayBuffer());
  if (all.length <= bytes) return new Response(all, res);
  const body = new ReadableStream<Uint8Array>({
    start(to) {
      if (bytes > 0) to.enqueue(all.subarray(0, bytes));
    },
    pull(to) {
      to.error(new TypeError("network error"));
    },
  });
  return new Response(body, { status: res.status, headers: res.headers });
};

/** The answer ends after so many bytes as if that was all, as a proxy may end it. */
export const endAt = (bytes: number): Turn => async (_path, pass) => {
  const res = await pass();
  return new Response((await res.arrayBuffer()).slice(0, bytes), { status: res.status, headers: res.headers });
};

/** The answer is what a test makes of it. */
export const rewrite = (change: (body: string) => string): Turn => async (_path, pass) => {
  const res = await pass();
  return new Response(change(await res.text()), { status: res.status, headers: res.headers });
};

/** Something is done before the request goes. */
export const before = (fn: () => Promise<unknown>): Turn => async (_path, pass) => {
  await fn();
  return pass();
};

/** Somebody answers in the server's place. */
export const answered = (status: number, body: string, headers: Readonly<Record<string, string>>): Turn => async () =>
  new Response(body, { status, headers });

export const problem = (status: number, code: string, more: object = {}, headers: Readonly<Record<string, string>> = {}): Turn =>
  answered(status, JSON.stringify({ status, code, ...more }), { "Content-Type": "application/problem+json", ...headers });

export const repeat = (turn: Turn, times: number): readonly Turn[] => Array.from({ length: times }, () => turn);
