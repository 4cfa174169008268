/** Runs a job on a model: its prompts one after another, each answered n times after the longest prefix that was read before. */
import type { GeneratedToken, GenerateOptions, GenerationStats, LeftPrefix, TextCodec } from "@ropewalk/generation";
import type { Job, PromptIds } from "../body/job.ts";
import type { Runner, ServedPrefix } from "../models.ts";
import { prefixForPrompt, type PromptPrefix } from "../prefixes/prefix-for-prompt.ts";
import { textOf } from "./logprobs.ts";
import type { Piece, Pieces } from "./pieces.ts";

type Setting = {
  readonly job: Job;
  readonly prompt: PromptIds;
  readonly prefix: PromptPrefix;
  readonly index: number;
  readonly maxNewTokens: number;
  readonly signal: AbortSignal;
  /** Whether the prefix that the run leaves is kept. */
  readonly keeps: boolean;
};

/** Lets the event loop run: otherwise a model in this thread would hold back aborts and other requests until its run ends. */
const letOthersRun = (): Promise<void> =>
  new Promise((resolve) => void (globalThis.setImmediate ?? setTimeout)(() => resolve()));

/** The tokens that belong to a piece of text. With `isWhole`, at the end of a run without a stop, these are all that are left. */
type TokensOfText = (text: string, tokens: readonly GeneratedToken[], isWhole?: boolean) => readonly GeneratedToken[];

/** Gives tokens only once their text was given: text that is still held back may be cut off at a stop string. */
const tokensOfText = (codec: TextCodec): TokensOfText => {
  let waiting: readonly GeneratedToken[] = [];
  /** Characters of the text so far, and of the tokens that were returned for it. */
  let [textLength, tokensLength] = [0, 0];
  return (text, tokens, isWhole = false) => {
    waiting = [...waiting, ...tokens];
    textLength += text.length;
    if (isWhole) return waiting;
    const ready: GeneratedToken[] = [];
    for (const each of waiting) {
      if (tokensLength >= textLength) break;
      tokensLength += textOf(codec, each.token).length;
      ready.push(each);
    }
    waiting = waiting.slice(ready.length);
    return ready;
  };
};

/** Runs one answer. */
const answering = async function* (
  { model, pool }: Runner,
  { job, prompt, prefix, index, maxNewTokens, signal, keeps }: Setting,
): AsyncGenerator<Piece, GenerationStats, undefined> {
  const { sampling, stopStrings, logprobs } = job;
  const { after } = prefix;
  let stats: GenerationStats | undefined;
  let tokens: GeneratedToken[] = [];
  const left: LeftPrefix[] = [];
  const ready: TokensOfText = stopStrings.length === 0 ? (_, all) => all : tokensOfText(model.text!);
  const options: GenerateOptions = {
    maxNewTokens,
    sampling: sampling(index),
    signal,
    ...(after && { after }),
    ...(stopStrings.length > 0 && { stopStrings }),
    ...(logprobs !== undefined && { logprobs, onToken: (token) => tokens.push(token) }),
    ...(keeps && { onPrefix: (each) => left.push(each) }),
    onDone: (took) => (stats = took),
  };
  try {
    for await (const text of model.generate(prompt.ids.slice(after?.ids.length ?? 0), options)) {
      const fresh = tokens;
      tokens = [];
      yield { kind: "text", index, text, tokens: ready(text, fresh) };
      await letOthersRun();
    }
  } finally {
    for (const each of left) await pool.add(each as ServedPrefix);
  }
  // The last tokens may have no text, such as a space that is the whole of an answer.
  const last = ready("", tokens, stats!.finish === "length");
  if (last.length > 0) yield { kind: "text", index, text: "", tokens: last };
  yield { kind: "end", index, reason: stats!.finish };
  return stats!;
};

export const runJob = async function* (runner: Runner, keeps: boolean, job: Job, signal: AbortSignal): Pieces {
  const usage = { promptTokens: 0, cachedTokens: 0, newTokens: 0 };
  let index = 0;
  for (const prompt of job.prompts) {
    const { ids } = prompt;
    const room = runner.model.extended.capacity - ids.length;
    const maxNewTokens = Math.min(job.maxNewTokens ?? room, room);
    const prefix: PromptPrefix = keeps
      ? await prefixForPrompt(runner, prompt, { room: maxNewTokens, wholly: job.n > 1, signal })
      : { after: undefined, known: 0 };
    let cached = prefix.known;
    for (let answer = 0; answer < job.n; answer++) {
      const setting = { job, prompt, prefix, index, maxNewTokens, signal, keeps: keeps && answer === 0 };
      const stats = yield* answering(runner, setting);
      usage.newTokens += stats.newTokens;
      // A prefix that does not hold for the run's length was run again, and does not count as cached.
      cached = Math.min(cached, stats.cachedTokens);
      index += 1;
    }
    usage.promptTokens += ids.length;
    usage.cachedTokens += cached;
  }
  return usage;
};
