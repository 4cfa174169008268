/** One turn of a conversation: from what it holds and what is said to it, to the answer, and what it holds then. */
import type { ChatFormat } from "../text/chat-template/format.ts";
import type { ChatMessage } from "../text/chat-template/messages.ts";
import { releaseCache, type KeyValueCache } from "../cache/cache.ts";
import { forkCache } from "../cache/fork.ts";
import type { GenerateOptions, GenerationStats, TokenOptions } from "../generate/generate-options.ts";
import { generateTokens } from "../generate/generate-tokens.ts";
import { generateText } from "../generate/generate-text.ts";
import type { Prefix } from "../prefix/prefix.ts";
import type { Reader } from "../prefix/read-prompt.ts";
import type { TextCodec } from "../text/text-codec.ts";
import { beginWith, behind, newCheckpoint, type Checkpoint } from "./checkpoints.ts";
import type { Keeping } from "./keep-cache.ts";
import { laterText } from "./lasting.ts";
import { answerPiece, idsOf, type Piece } from "./pieces.ts";
import { planned, type Encoder } from "./plan.ts";

export type SendOptions = Omit<GenerateOptions, "after" | "onPrefix">;

/** What a conversation is held with. */
export type Setting = {
  readonly reader: Reader;
  readonly codec: TextCodec;
  readonly format: ChatFormat;
  /** The document before it: all of its ids, and where it can be gone on from. */
  readonly before: { readonly ids: readonly number[]; readonly checkpoint: Checkpoint } | undefined;
};

/** What was said so far. */
export type Spoken = { readonly messages: readonly ChatMessage[]; readonly pieces: readonly Piece[] };

/** What a turn leaves; its checkpoints are new, the oldest first. */
export type Answered = {
  readonly spoken: Spoken;
  readonly promptTokens: number;
  readonly checkpoints: readonly Checkpoint[];
};

export const idsIn = ({ before }: Setting, { pieces }: Spoken): readonly number[] => [
  ...(before?.ids ?? []),
  ...idsOf(pieces),
];

const encoderOf = ({ reader, codec, before }: Setting): Encoder => ({
  codec,
  bosToken: before && reader.texts.bosToken,
});

/** The ids of what was said as the template writes it where nothing is to follow. */
export const writtenIds = (setting: Setting, { messages, pieces }: Spoken): readonly number[] => {
  const text = messages.length === 0 ? "" : setting.format(messages, { generationPrompt: false });
  return [...(setting.before?.ids ?? []), ...idsOf(planned(encoderOf(setting), pieces, text).pieces)];
};

/** Where a conversation can be gone on from, with the document before it. */
export const allOf = ({ before }: Setting, checkpoints: readonly Checkpoint[]): readonly Checkpoint[] => [
  ...(before ? [before.checkpoint] : []),
  ...checkpoints,
];

/** The ids of an answer that was given out in part, or that a stop string ended: those that are text of it. */
const saidIds = (codec: TextCodec, ids: readonly number[], said: string): readonly number[] => {
  let count = ids.length;
  while (count > 0 && !said.startsWith(codec.decode(ids.slice(0, count)))) count -= 1;
  return ids.slice(0, count);
};

/**
 * The answer, as it comes. What ends it decides what comes of the turn: where it came to its end, or its reader has had enough, what was
 * said stands, and `done` is given it; what throws, an abort too, leaves everything as it was before.
 */
export const answering = async function* (
  setting: Setting,
  { messages, pieces }: Spoken,
  checkpoints: readonly Checkpoint[],
  { onDone, ...options }: SendOptions,
  done: (answered: Answered) => void,
): AsyncGenerator<string, void, undefined> {
  const { reader, codec, format, before } = setting;
  const plan = planned(encoderOf(setting), pieces, format(messages), laterText(format, messages));
  const prompt = [...(before?.ids ?? []), ...idsOf(plan.pieces)];
  const { after, rest } = behind(allOf(setting, checkpoints), prompt);
  const made: KeyValueCache[] = [];
  let ended: KeyValueCache | undefined;
  const keeping: Keeping = {
    // The prompt's last token is run with what is behind it, so that another answer to it can be asked for.
    at: plan.lasting === 0 ? 0 : Math.min((before?.ids.length ?? 0) + plan.lasting, prompt.length - 1),
    onPrompt: (cache) => made.push(forkCache(cache)),
    onEnd: (cache) => (ended = cache),
  };
  const answer: number[] = [];
  let stats: GenerationStats | undefined;
  const run = async function* (given: TokenOptions, hasEnded: () => boolean): AsyncGenerator<number, void, undefined> {
    const behindIt = { ...given, ...(after && { after: after as Prefix }) };
    for await (const token of generateTokens(reader.graph, rest, behindIt, hasEnded, keeping)) {
      answer.push(token);
      yield token;
    }
  };
  const told = { ...options, onDone: (took: GenerationStats) => (stats = took) };
  let said = "";
  let failed = false;
  try {
    for await (const piece of generateText(codec, reader.graph.stopTokens, run, told)) {
      said += piece;
      yield piece;
    }
  } catch (error) {
    failed = true;
    throw error;
  } finally {
    if (failed) for (const cache of [...made, ...(ended ? [ended] : [])]) releaseCache(cache);
    else {
      const piece = answerPiece(codec, prompt, saidIds(codec, answer, said));
      const spoken: Spoken = {
        messages: [...messages, { role: "assistant", content: said }],
        pieces: [...plan.pieces, piece],
      };
      // Where tokens are run ahead of those that were given out, it holds others than were said.
      const goesOn = ended !== undefined && beginWith(idsIn(setting, spoken), ended.ids);
      if (ended && !goesOn) releaseCache(ended);
      const kept = [...made, ...(ended && goesOn ? [ended] : [])];
      done({
        ...{ spoken, promptTokens: prompt.length },
        checkpoints: kept.map((cache) => newCheckpoint(reader.loaded, cache)),
      });
    }
  }
  if (stats !== undefined) onDone?.(stats);
};
