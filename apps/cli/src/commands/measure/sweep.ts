/** `ropewalk sweep`: many models, methods and evaluations in one run, which continues where it stopped. */
import { readSweep, shardOf, sweepHash, type CellRecord, type Shard } from "@ropewalk/evals";
import type { Command } from "commander";
import { availableParallelism } from "node:os";
import { existsSync, realpathSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { interruptSignal } from "../../terminal/interrupt.ts";
import { examples } from "../../terminal/help-texts.ts";
import { notice } from "../../terminal/notice.ts";
import { number } from "../../flags/parse-numbers.ts";
import { checkCount, withBackendOptions, type SharedOptions } from "../../flags/shared.ts";
import { readJson } from "../../input/read-file.ts";
import { connectQueue, readQueueAddress, type QueueAddress } from "../../queue/connection.ts";
import { queueRun } from "../../queue/wait-for-cells.ts";
import { addMerge } from "../../sweep/results/merge-parts.ts";
import { sweepBar } from "../../sweep/run/sweep-bar.ts";
import { methodEntries, modelEntries } from "../../sweep/plan/entries.ts";
import { localRun } from "../../sweep/run/run-here.ts";
import { memoryHad, readMemory } from "../../sweep/run/memory-limit.ts";
import { planner, type PlannedCell } from "../../sweep/plan/planned-cells.ts";
import { failuresInWords, fitting, noticeFailures } from "../../sweep/run/failures.ts";
import { renderReport } from "../../sweep/report/html-report.ts";
import { openResults } from "../../sweep/results/results-file.ts";
import { runCells, type Failure } from "../../sweep/run/run-cells.ts";
import { plural } from "../../render/units.ts";
import { readShard } from "../../sweep/plan/shard-flag.ts";
import { renderGroups } from "../../sweep/report/terminal-tables.ts";
import { groupsOf } from "../../sweep/report/result-groups.ts";
import { checkWritable, writeResult } from "../../output/write-result.ts";

/** Whether two paths name one file. A file that does not exist yet is compared by its path alone. */
const sameFile = (a: string, b: string): boolean => {
  const [first, second] = [a, b].map((path) => (existsSync(path) ? realpathSync(path) : resolve(path)));
  return first === second;
};

type SweepOptions = SharedOptions & {
  readonly output?: string;
  readonly report?: string;
  readonly workers?: number;
  readonly memory?: number;
  readonly shard?: string | true;
  readonly queue?: QueueAddress;
};

/** Plans every cell of the file, in the file's order. */
const planAll = async (file: string, options: SharedOptions): Promise<readonly PlannedCell[]> => {
  const { models, methods, evaluations } = readSweep(`sweep: ${file}`, await readJson("sweep", file), {
    models: modelEntries,
    methods: methodEntries,
  });
  const plan = planner({ folder: dirname(file), options });
  const cells: PlannedCell[] = [];
  for (const model of models)
    for (const evaluation of evaluations)
      for (const method of methods)
        cells.push(
          await plan({ model, method, evaluation }).catch((error: Error) => {
            throw new Error(`sweep: ${file}: ${model.label}, ${method.label}, ${evaluation.kind}: ${error.message}`, {
              cause: error,
            });
          }),
        );
  return cells;
};

/** One cell of each hash, since cells of equal hash are measured once. */
const distinct = (cells: readonly PlannedCell[]): readonly PlannedCell[] =>
  [...new Map(cells.map((cell) => [cell.hash, cell] as const).toReversed()).values()].toReversed();

/** The results file: beside the sweep's file unless --output names one. Each part has its own file. */
const outputOf = (file: string, { output }: SweepOptions, shard: Shard | undefined): string =>
  output ??
  `${file.replace(/\.json$/, "")}.results${shard === undefined ? "" : `.${shard.index}-of-${shard.of}`}.jsonl`;

const sweep = async (file: string, options: SweepOptions): Promise<void> => {
  const shard = readShard(options.shard, process.env);
  if (options.workers !== undefined) checkCount("sweep", "--workers", options.workers);
  const output = outputOf(file, options, shard);
  const reportPath =
    options.report ?? (options.json || shard !== undefined ? undefined : output.replace(/(\.jsonl)?$/, ".html"));
  if (reportPath !== undefined) {
    await checkWritable("--report", reportPath);
    for (const other of [file, output])
      if (sameFile(reportPath, other))
        throw new Error(`--report: ${reportPath} must be another file than ${other}, got the same`);
  }
  for (const name of ["workers", "threads", "memory"] as const)
    if (options.queue !== undefined && options[name] !== undefined)
      throw new RangeError(`--${name} is not read beside --queue, got ${options[name]}; it is for ropewalk worker`);
  const connection = options.queue && (await connectQueue("sweep", options.queue));
  const planned = await planAll(file, options);
  const all = distinct(planned);
  const dealt = new Set(shard === undefined ? all : shardOf(all, shard, ({ tokens }) => tokens));
  // Tables show the cells in the order of the file.
  const mine = all.filter((cell) => dealt.has(cell));
  const hashes = new Set(all.map(({ hash }) => hash));
  const results = await openResults("sweep", output, {
    whose: { sweep: await sweepHash([...hashes]), cells: all.length, ...(shard && { shard }) },
    cells: hashes,
    onTorn: (characters) =>
      notice(
        `sweep: ${output}: a last line of ${plural(characters, "character")} was not written to its end; its cell runs again`,
      ),
  });
  const records = new Map<string, CellRecord>(results.records.cells);
  const had = memoryHad(options.memory);
  const left = mine.filter(({ hash }) => !records.has(hash));
  // Over a queue each worker checks its own memory.
  const { fit, refused } = connection === undefined ? fitting(left, had) : { fit: left, refused: [] };
  for (const said of new Set(fit.flatMap(({ notices }) => notices))) notice(said);
  const beyond = fit.filter((cell) => cell.beyond).length;
  if (beyond > 0)
    notice(`sweep: ${beyond} of ${plural(fit.length, "cell")} are beyond their method's capacity; run all the same`);
  noticeFailures("is left out", refused);
  const bar = sweepBar({ tokens: mine.reduce((sum, { tokens }) => sum + tokens, 0), cells: mine.length });
  let failures: readonly Failure[] = [];
  try {
    if (fit.length > 0) {
      const signal = interruptSignal("sweep");
      const run =
        connection === undefined
          ? await localRun({ cells: fit, options, file, had, cores: availableParallelism(), signal })
          : await queueRun(connection, { options, signal });
      bar.start(
        mine.length - left.length,
        mine.filter(({ hash }) => records.has(hash)),
      );
      failures = await runCells(fit, {
        run: run.run,
        keep: async (record) => {
          await results.append(record);
          records.set(record.hash, record);
          bar.cell();
        },
        onProgress: bar.update,
        stop: run.stop,
      }).finally(run.close);
      signal.throwIfAborted();
      connection?.lost.throwIfAborted();
    }
  } finally {
    bar.stop();
    await results.close();
  }
  const problems = [...refused, ...failures];
  noticeFailures("failed", failures);
  const groups = groupsOf(shard === undefined ? planned : mine, records, planned);
  if (options.json) {
    const cells = (shard === undefined ? planned : mine).map((cell) => {
      const record = records.get(cell.hash);
      const { record: _, hash: __, model: ___, method: ____, kind: _____, params: ______, ...measured } = record ?? {};
      const { kind, params } = cell.evaluation;
      return {
        hash: cell.hash,
        model: cell.model.label,
        method: cell.method.label,
        kind,
        params,
        result: null,
        ...measured,
      };
    });
    process.stdout.write(`${JSON.stringify({ cells, done: mine.length - problems.length, of: mine.length })}\n`);
  } else process.stdout.write(`${renderGroups(groups)}\n\nFinished cells: ${output}\n`);
  if (reportPath !== undefined) {
    const name = basename(file).replace(/\.json$/, "");
    await writeResult("--report", reportPath, renderReport(name, groups));
    if (!options.json) process.stdout.write(`The same as a page: ${reportPath}\n`);
  }
  if (problems.length > 0) throw new Error(failuresInWords(problems, mine.length));
};

export const addSweep = (program: Command): void => {
  const command = withBackendOptions(
    program
      .command("sweep")
      .description("run every model under every method in every evaluation of a file, and go on where it stopped")
      .argument("<file>", "the sweep, as JSON")
      .option(
        "--output <file>",
        "where finished cells are kept, a line each; absent: beside the sweep, as <name>.results.jsonl",
      )
      .option("--report <file>", "where the page goes; absent: beside the cells, or nowhere with --json or --shard")
      .option("--workers <n>", "cells side by side; absent: as many as cores where models are small, else 1", number)
      .option("--memory <bytes>", "what a cell may take, as 12GB; absent: what is free", readMemory)
      .option(
        "--queue <url>",
        "put the cells into a queue, as redis://host:port, for `ropewalk worker`, and wait",
        readQueueAddress,
      )
      .option("--shard [part]", "a part of it, as 3/10; alone: as a Kubernetes Indexed Job or a Slurm array says"),
  );
  addMerge(command);
  command
    .addHelpText(
      "after",
      examples(
        "ropewalk sweep sweep.json",
        "ropewalk sweep sweep.json --shard 3/10",
        "ropewalk sweep merge a.jsonl b.jsonl --output all.jsonl",
      ),
    )
    .action(sweep);
};
