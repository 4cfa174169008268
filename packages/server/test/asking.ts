/** Requests as plain fetch makes them, and what comes back. */
import type { Handler } from "../src/index.ts";

export const post = (path: string, body: unknown, init: RequestInit = {}): Request =>
  new Request(`http://localhost${path}`, {
    method: "POST",
    body: typeof body === "string" ? body : JSON.stringify(body),
    ...init,
    headers: { "content-type": "application/json", ...init.headers },
  });

export type Wrong = {
  readonly message: string;
  readonly type: string;
  readonly param: string | null;
  readonly code: string | null;
};

/** The status and the error of an answer that is one. */
export const wrongOf = async (response: Response): Promise<Wrong & { readonly status: number }> => {
  const { error } = (await response.json()) as { readonly error: Wrong };
  return { status: response.status, ...error };
};

export const wrong = async ({ fetch }: Pick<Handler, "fetch">, request: Request): ReturnType<typeof wrongOf> =>
  wrongOf(await fetch(request));

/** The events of a stream, comments left out. */
export const eventsOf = async (response: Response): Promise<readonly string[]> =>
  (await response.text())
    .split("\n\n")
    .filter((event) => event.startsWith("data: "))
    .map((event) => event.slice("data: ".length));

/** A choice, whole or of a chunk, of a chat or of a completion: each has some of these. */
export type GivenChoice = {
  readonly index: number;
  readonly text: string;
  readonly message: { readonly role: string; readonly content: string };
  readonly delta: { readonly role?: string; readonly content?: string };
  readonly finish_reason: string | null;
};

export type Given = {
  readonly id: string;
  readonly choices: readonly GivenChoice[];
  readonly usage: {
    readonly prompt_tokens: number;
    readonly completion_tokens: number;
    readonly prompt_tokens_details: { readonly cached_tokens: number };
  };
};

/** What is answered to a body that is right. */
export const asked = async ({ fetch }: Pick<Handler, "fetch">, path: string, body: object): Promise<Given> => {
  const response = await fetch(post(path, body));
  if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`);
  return (await response.json()) as Given;
};

/** The chunks of a stream that ends as it should. */
export const chunksOf = async (response: Response): Promise<readonly Given[]> => {
  const events = await eventsOf(response);
  if (events.at(-1) !== "[DONE]") throw new Error(`the last event is ${events.at(-1)}`);
  return events.slice(0, -1).map((event) => JSON.parse(event) as Given);
};
