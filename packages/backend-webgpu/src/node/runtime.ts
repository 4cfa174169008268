/** ONNX Runtime in Node, loaded when it is first needed, without its telemetry. */
import { withoutTelemetry } from "@ropewalk/backend/host";
import process from "node:process";
import { isMainThread } from "node:worker_threads";
import type * as Runtime from "onnxruntime-node";

export const loadRuntime = (): Promise<Pick<typeof Runtime, "InferenceSession" | "Tensor">> =>
  withoutTelemetry(process, isMainThread, () => import("onnxruntime-node"));
