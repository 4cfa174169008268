/**
 * Machines, by the bytes that they read and the operations that they do in a second, and how many users each holds. All numbers are the
 * assumptions of docs/scaling.md.
 */
import type { CachePrecision, Decoder } from "@ropewalk/decoder";
import { cacheBytesOf, operationsOf, ownBytesOf, prefillCost, stepCost, weightsOf } from "./costs.ts";
import type { Method } from "./shapes.ts";

export type Machine = {
  readonly name: string;
  readonly memory: number;
  /** The most bytes that are read and operations that are done in a second. */
  readonly reads: number;
  readonly multiplies: number;
  /** The shares of these that decoding and prefill reach. */
  readonly decoding: number;
  readonly prefill: number;
  /** Seconds to start a node of the graph, where the shares do not include them. */
  readonly launch: number;
  readonly method: Method;
  readonly cache: CachePrecision;
  /** Whether several runs share one cache. */
  readonly shares: boolean;
};

/** This runtime; the shares are those of docs/performance.md at 8,192 tokens: a step in 4 bits on an 8-bit cache, and a prompt. */
const here = { decoding: 0.55, prefill: 0.77, launch: 0, method: "SelfExtend", cache: "q8", shares: true } as const;

/** A portable export in an engine that runs ONNX Runtime. */
const portable = {
  decoding: 0.6,
  prefill: 0.4,
  launch: 5e-6,
  method: "portable",
  cache: "float16",
  shares: false,
} as const;

export const machines: readonly Machine[] = [
  { name: "laptop", memory: 32e9, reads: 80e9, multiplies: 400e9, ...here },
  { name: "64 cores", memory: 512e9, reads: 400e9, multiplies: 4e12, ...here },
  { name: "GPU", memory: 80e9, reads: 3350e9, multiplies: 900e12, ...portable },
];

const nodesOfLayer = 55;

/** A user's question and answer in tokens, and the seconds from one question to the next. */
export const question = { tokens: 100, answer: 200, every: 60 };

/** The share of the memory that models and caches may fill. */
const usable = 0.8;

export type Load = { readonly decoder: Decoder; readonly length: number };

const launches = ({ launch }: Machine, { numLayers }: Decoder): number => launch * nodesOfLayer * numLayers;

const secondsFor = (machine: Machine, decoder: Decoder, operations: number): number =>
  operations / (machine.multiplies * machine.prefill) + launches(machine, decoder);

/** Seconds until the first token of a prompt that is read anew. */
export const coldSeconds = (machine: Machine, { decoder, length }: Load): number =>
  secondsFor(machine, decoder, operationsOf(prefillCost(decoder, machine.method, length)));

/** Seconds until the first token of a question behind a document that was read. */
export const behindSeconds = (machine: Machine, { decoder, length }: Load): number =>
  secondsFor(machine, decoder, operationsOf(prefillCost(decoder, machine.method, length, length - question.tokens)));

export const stepSeconds = (machine: Machine, { decoder, length }: Load): number => {
  const { reads, decoding, method, cache } = machine;
  return stepCost(decoder, method, cache, length).bytes / (reads * decoding) + launches(machine, decoder);
};

/** How many users the machine has time for, run after run, when each takes `first` seconds until the first token. */
const usersByTime = (machine: Machine, load: Load, first: number): number =>
  Math.floor(question.every / (first + question.answer * stepSeconds(machine, load)));

/** Whether the weights and one such cache fit. */
export const fits = (machine: Machine, { decoder, length }: Load): boolean =>
  weightsOf(decoder).q4 + cacheBytesOf(decoder, machine.method, machine.cache, length) <= usable * machine.memory;

export type Users = { readonly anew: number; readonly own: number; readonly shared: number };

/** Numbers of users: with prompts that are read anew, with a document each, and with one document for all. */
export const usersOf = (machine: Machine, load: Load): Users => {
  const { decoder, length } = load;
  const { method, cache, memory, shares } = machine;
  const left = usable * memory - weightsOf(decoder).q4;
  const document = cacheBytesOf(decoder, method, cache, length);
  if (!fits(machine, load)) return { anew: 0, own: 0, shared: 0 };
  const behind = usersByTime(machine, load, behindSeconds(machine, load));
  const own = Math.min(behind, Math.floor(left / document));
  const beside = ownBytesOf(decoder, method, cache, question.tokens + question.answer);
  return {
    anew: usersByTime(machine, load, coldSeconds(machine, load)),
    own,
    shared: shares ? Math.min(behind, Math.floor((left - document) / beside)) : own,
  };
};
