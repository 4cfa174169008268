/** What goes between a worker and the outside. All of it is data that structured cloning copies, errors with their class among it. */
import type { Chat } from "../conversation/chat.ts";
import type { ExtensionRecord } from "@ropewalk/context-extension";
import type { CachePrecision, DecoderSizes } from "@ropewalk/decoder";
import type { CheckpointFile, TokenizerFiles } from "@ropewalk/models";

/** A backend by the name that the worker's file gives it, and what its function is called with. */
export type BackendChoice = string | { readonly name: string; readonly options?: unknown };

/** Where a model comes from. */
export type SentSource =
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "url"; readonly href: string }
  /** A folder that lies outside; its files are asked for. */
  | { readonly kind: "folder" }
  /** One that `openModel` opened in the worker. */
  | { readonly kind: "opened"; readonly id: number }
  /** For the worker's own `open`. */
  | { readonly kind: "own"; readonly data: unknown };

/** A file of a folder outside: bytes come with it, ranges of a path are read when they are needed. */
export type SentFile = { readonly size: number; readonly external: CheckpointFile["external"] };

export type SentFolder = {
  readonly name: () => string;
  readonly file: (name: string) => Promise<SentFile | undefined>;
  readonly read: (name: string, from: number, to: number) => Promise<Uint8Array>;
  readonly changed: (name: string) => Promise<string | undefined>;
};

/** What is known of a model without its weights. */
export type SourceFacts = {
  readonly kind: "checkpoint" | "export";
  readonly name: string;
  /** Such as "llama"; undefined for an export. */
  readonly family: string | undefined;
  readonly decoder: DecoderSizes;
  readonly bosToken: number | undefined;
  readonly stopTokens: readonly number[];
  /** The parsed file; undefined where there is none. */
  readonly generationConfig: Readonly<Record<string, unknown>> | undefined;
  /** Of the weights as they are stored, and of an export's graph. */
  readonly bytes: number;
  /** The parsed files; undefined where there is no tokenizer. */
  readonly tokenizer: TokenizerFiles | undefined;
};

export type OpenedFacts = { readonly id: number; readonly source: SourceFacts };

export type BackendFacts = { readonly name: string; readonly precision: CachePrecision; readonly stepsPerRun: number };

export type ModelFacts = OpenedFacts & {
  readonly backend: BackendFacts;
  readonly extension: ExtensionRecord;
  readonly cache: CachePrecision;
};

/** A text that was read in the worker. */
export type PrefixFacts = { readonly id: number; readonly ids: readonly number[]; readonly bytes: number };

/** A chat in the worker. */
export type ChatFacts = { readonly id: number } & Pick<Chat, "messages" | "ids" | "turns" | "bytes">;

/** What a run gives, one after another. */
export type RunEvent =
  /** A function among the options was called. */
  | { readonly kind: "told"; readonly name: string; readonly args: readonly unknown[] }
  | { readonly kind: "value"; readonly value: unknown }
  | { readonly kind: "done"; readonly result: unknown }
  /** Fields of its own, which structured cloning does not copy, stand beside it. */
  | { readonly kind: "failed"; readonly error: unknown; readonly fields: Readonly<Record<string, string | number>> };

/** What is asked of a worker: the name of the work, what it is done with, and which functions among the options want to be told. */
export type Asked = {
  readonly work: string;
  readonly args: readonly unknown[];
  readonly listeners: readonly string[];
};

/** What a worker offers, by Comlink. */
export type Served = {
  /** Holds the lock of that name from then on, where there are locks. */
  readonly hello: (lock: string) => Promise<void>;
  readonly start: (asked: Asked, folder?: SentFolder) => Promise<number>;
  /** What has come since; waits until there is something. */
  readonly next: (run: number) => Promise<readonly RunEvent[]>;
  readonly abort: (run: number) => void;
  /** Ends a run that nobody reads on, with what it holds. */
  readonly leave: (run: number) => Promise<void>;
};
