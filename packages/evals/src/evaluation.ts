/**
 * A measurement as a value: of a model, with parameters that JSON holds, giving a result that JSON holds. Whoever runs it (a command, a
 * sweep, a worker, a queue) needs no other knowledge of it.
 */
import type { LanguageModel } from "@ropewalk/generation";

/** What a measurement is given beside its model and its parameters. */
export type EvaluationContext = {
  /** The text of a file that the parameters name: by a path or an address, as the caller has it. */
  readonly read: (name: string) => Promise<string>;
  /** The text of a file that lies beside the model, such as task.json; undefined where it has none of that name. Absent: it has none. */
  readonly readOwn?: (name: string) => Promise<string | undefined>;
  /** The default export of a module that the parameters name: a task of one's own. */
  readonly load: (name: string) => Promise<unknown>;
  readonly signal?: AbortSignal;
  /** Called as it goes on, with what is done and all there is to do, in units of its own. */
  readonly onProgress?: (done: number, total: number) => void;
};

/** A number of a result. */
export type Figure = {
  readonly name: string;
  /** Null where nothing was scored. */
  readonly value: number | null;
  /** From 0, nothing, to 1, all, and better the higher. Default false. */
  readonly share?: boolean;
  /** Which of two is better. Absent: of shares the higher, of others neither. */
  readonly better?: "high" | "low";
};

export type FoundKeys = {
  readonly length: number;
  readonly depth: number;
  readonly found: number;
  readonly trials: number;
};

/** The mean loss at positions from `from` to `to - 1`, in nats per token; null where nothing was scored. */
export type LossBucket = { readonly from: number; readonly to: number; readonly loss: number | null };

export type Evaluation<Params extends object = object, Result extends object = object> = {
  readonly kind: string;
  /** Parameters whose value is a list: of any other, a list in a sweep is several values. Absent: none. */
  readonly lists?: readonly (keyof Params & string)[];
  /** Files and modules that the parameters name: what is in them is a part of what is measured. Absent: none. */
  readonly files?: (params: Params) => readonly string[];
  /**
   * The parameters with every default filled in, so that equal measurements have equal parameters.
   *
   * @throws TypeError for an unknown key or a wrong type, RangeError for a value out of range
   */
  readonly check: (where: string, params: unknown) => Params;
  /** Tokens that it reads, about: what has twice as many takes about twice as long. Absent: those of its longest run. */
  readonly tokens?: (params: Params) => number;
  /** What a result comes to in a number or a few, the first that of pictures. Absent: the numbers that it has. */
  readonly figures?: (result: Result) => readonly Figure[];
  /** Keys found of keys asked at a length and a depth, where it asks for them. */
  readonly found?: (result: Result) => FoundKeys;
  /** The loss by position, where it measures one. */
  readonly losses?: (result: Result) => readonly LossBucket[];
  /** Tokens of its longest run: the length that an extension is chosen for, and memory planned for. */
  readonly length: (params: Params) => number;
  readonly run: (model: LanguageModel, params: Params, context: EvaluationContext) => Promise<Result>;
};
