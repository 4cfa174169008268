/** A worker of a study. It ends itself: ONNX Runtime crashes when a worker is terminated from outside. */
import { parentPort, workerData } from "node:worker_threads";
import type { Answer, Open, Order, WorkerSetup } from "./cells.ts";

const port = parentPort!;
const { module, setup } = workerData as WorkerSetup;

const say = (answer: Answer<unknown>): void => port.postMessage(answer);
const failed = (error: unknown): void =>
  say({ kind: "failed", message: error instanceof Error ? (error.stack ?? error.message) : String(error) });

try {
  const { open } = (await import(module)) as { readonly open: Open<unknown, unknown, unknown> };
  const run = await open(setup);
  port.on("message", (order: Order<unknown>) => {
    if (order.kind === "stop") return port.close();
    run(order.cell).then((result) => say({ kind: "done", result }), failed);
  });
  say({ kind: "ready" });
} catch (error) {
  port.on("message", () => port.close());
  failed(error);
}
