/** Runs a door in a process of its own, so that a crash or an input without an end is a fault, and the run goes on behind it. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { DoorReport, Fault } from "./run-door.ts";

export type Range = { readonly from: number; readonly to: number; readonly scratch: string };

export type Told =
  | { readonly kind: "input"; readonly input: string }
  | { readonly kind: "report"; readonly report: DoorReport };

/** Seconds without a new input after which one has no end. Far more than the limit, since other processes may have the processors. */
const patience = 60;

const runOnce = async (
  door: string,
  range: Range,
): Promise<{ readonly report?: DoorReport; readonly last: string; readonly how: string }> => {
  const script = fileURLToPath(new URL("worker.ts", import.meta.url));
  const child = fork(script, [door, JSON.stringify(range)], {
    execArgv: ["--conditions=@ropewalk/source"],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  let [last, how]: [string, string] = ["the start", ""];
  let report: DoorReport | undefined;
  const give = (): void => {
    how = `an input must end, got none within ${patience} s`;
    child.kill("SIGKILL");
  };
  let timer = setTimeout(give, 1000 * patience);
  child.on("message", (told: Told) => {
    clearTimeout(timer);
    timer = setTimeout(give, 1000 * patience);
    if (told.kind === "input") last = told.input;
    else report = told.report;
  });
  const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
  clearTimeout(timer);
  return { ...(report && { report }), last, how: how || `the process must go on, got its end by ${signal ?? code}` };
};

/** The report of a range of inputs. Behind an input that ends the process, the range goes on. */
export const runInProcess = async (door: string, { from, to, scratch }: Range): Promise<DoorReport> => {
  const faults: Fault[] = [];
  for (let start = from; ;) {
    const { report, last, how } = await runOnce(door, { from: start, to, scratch });
    if (report !== undefined)
      return { ...report, inputs: report.inputs + start - from, faults: [...faults, ...report.faults] };
    faults.push({ door, input: last, what: how });
    const at = Number(last);
    if (!Number.isInteger(at) || faults.length > 5)
      return { inputs: start - from, taken: 0, faults, slowest: 0, largest: 0 };
    start = at + 1;
  }
};
