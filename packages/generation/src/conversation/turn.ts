/** One turn of a conversation: streams the answer to the messages, and gives the pieces and checkpoints of the conversation after it. */
import type { ChatFormat } from "../text/chat-template/chat-format.ts";
import type { ChatMessage } from "../text/chat-template/messages.ts";
import { releaseCache, type KeyValueCache } from "../cache/cache.ts";
import { forkCache } from "../cache/fork-cache.ts";
import type { GenerateOptions, GenerationStats, TokenOptions } from "../generate/generate-options.ts";
import { generateTokens } from "../generate/generate-tokens.ts";
import { generateText } from "../generate/generate-text.ts";
import type { Prefix } from "../prefix/prefix.ts";
import type { Reader } from "../prefix/read-prompt.ts";
import type { TextCodec } from "../text/text-codec.ts";
import { beginWith } from "../run/begin-with.ts";
import { behind, newCheckpoint, type Checkpoint } from "./checkpoints.ts";
import type { Keeping } from "../generate/keep-cache.ts";
import { laterText } from "./later-text.ts";
import { answerPiece, idsOf, type Piece } from "./pieces.ts";
import { planned, type Encoder } from "./plan-turn.ts";

export type SendOptions = Omit<GenerateOptions, "after" | "onPrefix">;

/** What stays the same through all turns of a conversation. */
export type Setting = {
  readonly reader: Reader;
  readonly codec: TextCodec;
  readonly format: ChatFormat;
  /** The prefix that the conversation follows: all of its ids, and a checkpoint of it. */
  readonly before: { readonly ids: readonly number[]; readonly checkpoint: Checkpoint } | undefined;
};

/** The messages of a conversation so far, and their pieces. */
export type Spoken = { readonly messages: readonly ChatMessage[]; readonly pieces: readonly Piece[] };

/** The result of a turn. Its checkpoints are new, the oldest first. */
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

/** The ids of the messages, as the template writes them where no answer is to follow. */
export const writtenIds = (setting: Setting, { messages, pieces }: Spoken): readonly number[] => {
  const text = messages.length === 0 ? "" : setting.format(messages, { generationPrompt: false });
  return [...(setting.before?.ids ?? []), ...idsOf(planned(encoderOf(setting), pieces, text).pieces)];
};

/** All checkpoints of a conversation, that of the prefix before it included. */
export const allOf = ({ before }: Setting, checkpoints: readonly Checkpoint[]): readonly Checkpoint[] => [
  ...(before ? [before.checkpoint] : []),
  ...checkpoints,
];

/** The ids whose text was given out, of an answer that was left early or that a stop string ended. */
const saidIds = (codec: TextCodec, ids: readonly number[], said: string): readonly number[] => {
  let count = ids.length;
  while (count > 0 && !said.startsWith(codec.decode(ids.slice(0, count)))) count -= 1;
  return ids.slice(0, count);
};

/**
 * Streams the answer. Where it comes to its end, or the reader leaves the loop, the text so far stands and `done` gets the result of the turn.
 * Where it throws, an abort included, the conversation stays as it was before.
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
    // The prompt's last token stays outside the checkpoint: running it again gives the logits for another answer.
    at: plan.lasting === 0 ? 0 : Math.min((before?.ids.length ?? 0) + plan.lasting, prompt.length - 1),
    onPrompt: (cache) => made.push(forkCache(cache)),
    onEnd: (cache) => {
      ended = cache;
    },
  };
  const answer: number[] = [];
  let stats: GenerationStats | undefined;
  const run = async function* (
    tokenOptions: TokenOptions,
    hasEnded: () => boolean,
  ): AsyncGenerator<number, void, undefined> {
    const runOptions = { ...tokenOptions, ...(after && { after: after as Prefix }) };
    for await (const token of generateTokens(reader.graph, rest, runOptions, hasEnded, keeping)) {
      answer.push(token);
      yield token;
    }
  };
  const textOptions: GenerateOptions = {
    ...options,
    onDone: (ofRun) => {
      stats = ofRun;
    },
  };
  let said = "";
  let failed = false;
  try {
    for await (const piece of generateText(codec, reader.graph.stopTokens, run, textOptions)) {
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
      // Where a run of several steps went further than the text that was given out, its cache holds other tokens.
      const goesOn = ended !== undefined && beginWith(idsIn(setting, spoken), ended.ids);
      if (ended && !goesOn) releaseCache(ended);
      const kept = [...made, ...(ended && goesOn ? [ended] : [])];
      done({
        spoken,
        promptTokens: prompt.length,
        checkpoints: kept.map((cache) => newCheckpoint(reader.loaded, cache)),
      });
    }
  }
  if (stats !== undefined) onDone?.(stats);
};
