/** `ropewalk worker`: takes cells of sweeps out of a queue, on any number of machines. */
import { checkNumber } from "@ropewalk/check";
import type { Command } from "commander";
import { availableParallelism } from "node:os";
import { examples } from "../../terminal/help-texts.ts";
import { ending, interruptSignal } from "../../terminal/interrupt.ts";
import { notice } from "../../terminal/notice.ts";
import { number } from "../../flags/parse-numbers.ts";
import { checkCount, type SharedOptions } from "../../flags/shared.ts";
import { connectQueue, readQueueAddress, type QueueAddress } from "../../queue/connection.ts";
import { serve } from "../../queue/take-cells.ts";
import { memoryHad, readMemory } from "../../sweep/run/memory-limit.ts";

type WorkerOptions = {
  readonly queue: QueueAddress;
  readonly folder: string;
  readonly workers?: number;
  readonly threads?: number;
  readonly memory?: number;
  readonly lease: number;
};

const worker = async ({ queue, folder, memory, lease, ...asked }: WorkerOptions): Promise<void> => {
  const workers = checkCount("worker", "--workers", asked.workers ?? availableParallelism());
  checkNumber("worker", "--lease", lease, lease >= 1 && lease < Infinity, "finite and >= 1, in seconds");
  const connection = await connectQueue("worker", queue);
  const threads = asked.threads ?? (workers > 1 ? 1 : undefined);
  const options: SharedOptions = { fallback: "none", backend: "cpu", ...(threads === undefined ? {} : { threads }) };
  notice(`worker: takes cells from ${connection.shown}, ${workers} side by side`);
  // Schedulers end a worker by SIGTERM. Its cells are given back, as after Ctrl-C.
  const ended = new AbortController();
  process.once("SIGTERM", () => ended.abort(ending("worker: ended", 143)));
  const signal = AbortSignal.any([interruptSignal("worker"), ended.signal]);
  await serve({
    connection,
    options,
    folder,
    workers,
    lease: 1000 * lease,
    signal,
    memory: () => memoryHad(memory),
    onDone: (words, error) => notice(error === undefined ? `done: ${words}` : `failed: ${words}: ${error.message}`),
  });
};

export const addWorker = (program: Command): void => {
  program
    .command("worker")
    .description("run cells of sweeps out of a queue, until it is ended")
    .requiredOption("--queue <url>", "the queue's Redis or Valkey server, as redis://host:port", readQueueAddress)
    .option("--folder <folder>", "where relative names of a sweep begin; absent: the working folder", ".")
    .option("--workers <n>", "cells side by side; absent: as many as cores", number)
    .option("--threads <n>", "threads of one run; absent: 1 beside others, else the backend decides", number)
    .option("--memory <bytes>", "what a cell may take, as 12GB; absent: what is free", readMemory)
    .option("--lease <seconds>", "a cell whose worker gave no sign of life for so long is another's", number, 30)
    .addHelpText("after", examples("ropewalk worker --queue redis://localhost:6379"))
    .action(worker);
};
