/** The messages between a worker and the outside. All of them are data for structured cloning, which keeps the class of errors. */
import type { Chat } from "../conversation/chat.ts";
import type { ExtensionRecord } from "@ropewalk/context-extension";
import type { CachePrecision, DecoderSizes } from "@ropewalk/decoder";
import type { CheckpointFile, TokenizerFiles } from "@ropewalk/models";

/** A backend by the name that the worker's file gives it, with the options that its function is called with. */
export type BackendChoice = string | { readonly name: string; readonly options?: unknown };

/** The place that a model comes from. */
export type SentSource =
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "url"; readonly href: string }
  /** A folder that lies outside. The worker asks for its files. */
  | { readonly kind: "folder" }
  /** A model that `openModel` opened in the worker. */
  | { readonly kind: "opened"; readonly id: number }
  /** Data for the worker's own `open`. */
  | { readonly kind: "own"; readonly data: unknown };

/** A file of a folder outside. Bytes are sent along; ranges of a file with a path are read when they are needed. */
export type SentFile = { readonly size: number; readonly external: CheckpointFile["external"] };

export type SentFolder = {
  readonly name: () => string;
  readonly gguf: () => string | undefined;
  readonly file: (name: string) => Promise<SentFile | undefined>;
  readonly read: (name: string, from: number, to: number) => Promise<Uint8Array>;
  readonly changed: (name: string) => Promise<string | undefined>;
};

/** The facts of a model that are known without its weights. */
export type SourceFacts = {
  readonly kind: "checkpoint" | "export";
  readonly name: string;
  /** Such as "llama". Undefined for an export. */
  readonly family: string | undefined;
  readonly decoder: DecoderSizes;
  readonly bosToken: number | undefined;
  readonly stopTokens: readonly number[];
  /** The parsed file. Undefined where there is none. */
  readonly generationConfig: Readonly<Record<string, unknown>> | undefined;
  /** Size of the weights as they are stored, and of an export's graph. */
  readonly bytes: number;
  /** The parsed files. Undefined where there is no tokenizer. */
  readonly tokenizer: TokenizerFiles | undefined;
};

export type OpenedFacts = { readonly id: number; readonly source: SourceFacts };

export type BackendFacts = { readonly name: string; readonly precision: CachePrecision; readonly stepsPerRun: number };

export type ModelFacts = OpenedFacts & {
  readonly backend: BackendFacts;
  readonly extension: ExtensionRecord;
  readonly cache: CachePrecision;
};

/** A prefix that is held in the worker. */
export type PrefixFacts = { readonly id: number; readonly ids: readonly number[]; readonly bytes: number };

/** A chat that is held in the worker. */
export type ChatFacts = { readonly id: number } & Pick<Chat, "messages" | "ids" | "turns" | "bytes">;

/** The events of a run, one after another. */
export type RunEvent =
  /** A function among the options was called. */
  | { readonly kind: "told"; readonly name: string; readonly args: readonly unknown[] }
  | { readonly kind: "value"; readonly value: unknown }
  | { readonly kind: "done"; readonly result: unknown }
  /** Fields of the error that structured cloning does not copy come beside it. */
  | { readonly kind: "failed"; readonly error: unknown; readonly fields: Readonly<Record<string, string | number>> };

/** A request to a worker: the name of its handler, the arguments, and the names of the functions among the options that it should call. */
export type Asked = {
  readonly work: string;
  readonly args: readonly unknown[];
  readonly listeners: readonly string[];
};

/** The functions that a worker offers through Comlink. */
export type Served = {
  /** Makes the worker hold the lock of that name from then on, where there are locks. */
  readonly hello: (lock: string) => Promise<void>;
  readonly start: (asked: Asked, folder?: SentFolder) => Promise<number>;
  /** Gives the events since the last call. Waits until there is one. */
  readonly next: (run: number) => Promise<readonly RunEvent[]>;
  readonly abort: (run: number) => void;
  /** Ends a run that is not read to its end, and gives back what it holds. */
  readonly leave: (run: number) => Promise<void>;
};
