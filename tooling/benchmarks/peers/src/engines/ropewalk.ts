/** Ropewalk on the CPU. */
import { cpu } from "@ropewalk/backend-node";
import { ropewalk } from "../ropewalk.ts";
import { serve } from "../serve.ts";

await serve(({ model, threads, cache }) => ropewalk(model, { backend: cpu({ threads }), cache }));
