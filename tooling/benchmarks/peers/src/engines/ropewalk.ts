/** Ropewalk on the CPU. */
import { cpu } from "@ropewalk/backend-node";
import { ropewalk } from "../ropewalk.ts";
import { serve } from "../serve.ts";

// Idle threads spin, as those of the others do by default.
await serve(({ model, threads, cache }) => ropewalk(model, { backend: cpu({ threads, spinning: true }), cache }));
