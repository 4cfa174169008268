/** The small model that shipped stories are told by, and the tokens that it tells. */
import { cpu } from "@ropewalk/backend-node";
import type { ContextExtension } from "@ropewalk/context-extension";
import { loadModel, type LanguageModel, type TokenOptions } from "@ropewalk/generation";
import { openFolder } from "@ropewalk/models/node";
import { stories260K } from "@ropewalk/tiny-models";

export const loadStories = async (extension: ContextExtension = {}): Promise<LanguageModel> =>
  loadModel(await openFolder(stories260K.url), { backend: cpu({ threads: 1 }), extension });

export const tell = async (
  model: Pick<LanguageModel, "generateTokens">,
  maxNewTokens: number,
  options: Omit<TokenOptions, "maxNewTokens"> = {},
): Promise<readonly number[]> => {
  const tokens: number[] = [];
  for await (const token of model.generateTokens([1, 403, 407], { stopTokens: [], ...options, maxNewTokens }))
    tokens.push(token);
  return tokens;
};
