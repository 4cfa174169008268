/** A story, token by token: long enough for something to happen to the page meanwhile. */
import { selfExtend } from "@ropewalk/context-extension";
import { loadModel } from "@ropewalk/generation";
import type { Place } from "./place.ts";

const start = Array.from({ length: 100 }, (_, index) => 3 + ((index * 37) % 500));

export const tellStory = async (
  newTokens: number,
  { backend, model }: Pick<Place, "backend" | "model">,
): Promise<readonly number[]> => {
  const extension = selfExtend({ groupSize: 4, window: 64 });
  const teller = await loadModel(await model("packages/tiny-models/stories260K"), { backend, extension });
  const tokens: number[] = [];
  for await (const token of teller.generateTokens(start, { maxNewTokens: newTokens, stopTokens: [] }))
    tokens.push(token);
  await teller.release();
  return tokens;
};
