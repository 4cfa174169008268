import { cpu } from "@ropewalk/backend-node";
import { loadModel } from "@ropewalk/generation";
import { openFolder } from "@ropewalk/models/node";
import { createHandler, type Handler } from "@ropewalk/server";
import { stories260K } from "@ropewalk/tiny-models";
import { mutateJsonText } from "../mutations/mutate-json.ts";
import { defineDoor } from "./define-door.ts";

type Seed = { readonly path: string; readonly body: string };

let handler: Promise<Handler> | undefined;

/** What the server hides from its clients. */
let hidden: unknown;

const open = (): Promise<Handler> =>
  (handler ??= openFolder(stories260K.url)
    .then((folder) => loadModel(folder, { backend: cpu({ threads: 1 }) }))
    .then((model) =>
      createHandler({ models: { stories: model }, maxNewTokens: 4, onError: (error) => void (hidden = error) }),
    ));

const bodies: readonly (readonly [path: string, body: object])[] = [
  [
    "/v1/completions",
    {
      model: "stories",
      prompt: "Once",
      max_tokens: 3,
      temperature: 0.7,
      top_p: 0.9,
      seed: 5,
      stop: ["\n"],
      logprobs: 2,
    },
  ],
  [
    "/v1/completions",
    { model: "stories", prompt: [1, 403, 407], max_tokens: 2, stream: true, logit_bias: { 5: -100 } },
  ],
];

export const serverBodies = defineDoor<Seed>({
  name: "server bodies",
  seeds: () => bodies.map(([path, body]) => ({ path, body: JSON.stringify(body) })),
  mutate: (seed) => mutateJsonText(seed.body).map((body) => ({ ...seed, body })),
  call: async ({ path, body }) => {
    const { fetch } = await open();
    hidden = undefined;
    const headers = { "content-type": "application/json" };
    const response = await fetch(new Request(`http://localhost${path}`, { method: "POST", body, headers }));
    const text = await response.text();
    if (hidden !== undefined) throw hidden;
    if (response.ok) return;
    // The answer's own words, as an error of the house would say them.
    const { error } = JSON.parse(text) as {
      readonly error: { readonly message: string; readonly code: string | null };
    };
    if (response.status >= 500) throw new Error(text);
    throw new RangeError(`server: ${error.message}`);
  },
});
