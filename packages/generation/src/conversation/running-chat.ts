/**
 * A conversation as it goes on: its ids and its cache are kept, so that a turn reads only what is new. Where the template writes earlier text
 * in another way than before, that text is read again, from the last checkpoint before it.
 */
import { check } from "@ropewalk/check";
import { checkOpen } from "../model/loaded-model.ts";
import { checkReadOptions } from "../prefix/check-prefix-options.ts";
import { readIds } from "../prefix/read-prompt.ts";
import type { Chat } from "./chat.ts";
import { beginWith } from "../run/begin-with.ts";
import { behind, beyondLimits, bytesOf, hold, letGo, type Checkpoint, type CheckpointLimits } from "./checkpoints.ts";
import { checkSendOptions, eitherSignal, sentMessages } from "./sent-messages.ts";
import { allOf, answering, idsIn, writtenIds, type Setting, type Spoken } from "./turn.ts";

/** What was said before a turn, and the length of the turn's prompt. */
type Turn = { readonly before: Spoken; readonly promptTokens: number };

export type ChatState = {
  readonly spoken: Spoken;
  readonly turns: readonly Turn[];
  /** The oldest first. */
  readonly checkpoints: readonly Checkpoint[];
};

export const runningChat = (setting: Setting, limits: CheckpointLimits, first: ChatState): Chat => {
  const { reader } = setting;
  const { loaded } = reader;
  let state = first;
  let isReleased = false;
  /** Aborts the turn that is under way. */
  let underWay: AbortController | undefined;
  const checkIdle = (where: string): void => {
    if (isReleased) throw new TypeError(`${where}: the chat must not be released, got one that is`);
    if (underWay !== undefined)
      throw new TypeError(
        `${where}: the chat must have given its answer, got one that is giving it: one message at a time`,
      );
  };
  /** The checkpoints that stay. The others are given back. */
  const keep = (checkpoints: readonly Checkpoint[], stays: (checkpoint: Checkpoint) => boolean) => {
    const kept: Checkpoint[] = [];
    for (const checkpoint of checkpoints) {
      if (stays(checkpoint)) kept.push(checkpoint);
      else letGo(loaded, checkpoint);
    }
    return kept;
  };
  const send: Chat["send"] = async function* (message, { signal, ...options } = {}) {
    const more = sentMessages(message);
    checkSendOptions(options);
    checkOpen("send", loaded);
    checkIdle("send");
    const mine = new AbortController();
    underWay = mine;
    try {
      const { spoken: before, turns, checkpoints } = state;
      const now = { messages: [...before.messages, ...more], pieces: before.pieces };
      const run = { ...options, signal: eitherSignal(mine.signal, signal) };
      yield* answering(setting, now, checkpoints, run, ({ spoken, promptTokens, checkpoints: made }) => {
        const all = [...checkpoints, ...made];
        const dropped = new Set(all.slice(0, beyondLimits(all, limits)));
        state = {
          spoken,
          turns: [...turns, { before, promptTokens }],
          checkpoints: keep(all, (each) => !isReleased && !dropped.has(each)),
        };
      });
    } finally {
      underWay = undefined;
    }
  };
  return {
    send,
    get messages() {
      return state.spoken.messages;
    },
    get ids() {
      return idsIn(setting, state.spoken);
    },
    get turns() {
      return state.turns.length;
    },
    get bytes() {
      return bytesOf(allOf(setting, state.checkpoints));
    },
    read: async (options = {}) => {
      checkOpen("read", loaded);
      checkIdle("read");
      checkReadOptions("read", options);
      const { after, rest } = behind(allOf(setting, state.checkpoints), writtenIds(setting, state.spoken));
      return readIds("read", reader, after, rest, options);
    },
    fork: () => {
      checkOpen("fork", loaded);
      checkIdle("fork");
      if (setting.before) hold(setting.before.checkpoint);
      return runningChat(setting, limits, { ...state, checkpoints: state.checkpoints.map(hold) });
    },
    rollback: (count = 1) => {
      checkIdle("rollback");
      const { turns, checkpoints, spoken } = state;
      check(
        Number.isInteger(count) && count >= 0 && count <= turns.length,
        `rollback: turns must be an integer from 0 to ${turns.length}, the turns of the chat`,
        count,
        "number",
      );
      if (count === 0) return;
      const back = turns[turns.length - count]!;
      const question = idsIn(setting, spoken).slice(0, back.promptTokens);
      state = {
        spoken: back.before,
        turns: turns.slice(0, -count),
        // The checkpoint at the question's end stays too: another answer may be asked for.
        checkpoints: keep(checkpoints, ({ cache }) => beginWith(question, cache.ids)),
      };
    },
    release: () => {
      if (isReleased) return;
      isReleased = true;
      underWay?.abort(new TypeError("send: the chat must not be released, got one that is"));
      keep(state.checkpoints, () => false);
      if (setting.before) letGo(loaded, setting.before.checkpoint);
      state = { ...state, checkpoints: [] };
    },
  };
};
