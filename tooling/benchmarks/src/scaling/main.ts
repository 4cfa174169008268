/** `npm run -s scaling`: prints the tables of docs/scaling.md. Nothing is measured: the numbers are counted, or assumed as that page says. */
import { tables } from "./tables.ts";

for (const { title, lines } of tables()) console.log(`${title}\n\n${lines.join("\n")}\n`);
