#!/usr/bin/env node
import { ropewalk } from "./program.ts";
import { fail, watchOutput } from "./say.ts";

watchOutput();
await ropewalk().parseAsync().catch(fail);
