/** A conversation that goes on from turn to turn: what it is started with, and what it can do. */
import type { AnyPrefix, Prefix } from "../prefix/prefix.ts";
import type { ReadOptions } from "../prefix/read-prompt.ts";
import type { ChatMessage } from "../text/chat-template/messages.ts";
import type { CheckpointLimits } from "./checkpoints.ts";
import type { SendOptions } from "./turn.ts";

export type ConversationOptions = {
  /** A prefix, read with `read`, that the conversation follows. It may be released once the conversation is started. */
  readonly after?: AnyPrefix;
  /** The system's message, before all others. */
  readonly system?: string;
  /** Messages of earlier turns. They are read together with the first message that is sent. */
  readonly messages?: readonly ChatMessage[];
  /** A chat template in Jinja. Default: the checkpoint's own. */
  readonly template?: string;
  /** How many checkpoints are kept. Going back beyond them means that text is read again. */
  readonly checkpoints?: CheckpointLimits;
};

export type Chat = {
  /**
   * Sends a message and streams the answer. If the caller leaves the loop, the text so far stands as the answer; an abort or an error
   * leaves the chat as it was before.
   */
  readonly send: (
    message: string | ChatMessage | readonly ChatMessage[],
    options?: SendOptions,
  ) => AsyncGenerator<string, void, undefined>;
  /** All messages so far, answers included. */
  readonly messages: readonly ChatMessage[];
  /** All ids that were read and generated, those of the prefix included. A cold run over them continues in the same way. */
  readonly ids: readonly number[];
  /** How many times a message was sent and answered. */
  readonly turns: number;
  /** The bytes that it holds in memory, shared memory included. */
  readonly bytes: number;
  /**
   * Gives the conversation, to the end of its last message, as a prefix: for another conversation after it, or to save it on disk.
   */
  readonly read: (options?: ReadOptions) => Promise<Prefix>;
  /** Gives another chat with the same past. Both can go on. */
  readonly fork: () => Chat;
  /** Takes back the last turns, with the messages that were sent in them. Default 1. */
  readonly rollback: (turns?: number) => void;
  /** Gives its memory back. Calling it again is allowed. A turn that is under way ends with an error. */
  readonly release: () => void;
};
