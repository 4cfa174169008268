/**
 * One primitive in an engine of your own: it says which rows of a rotation table each key and query takes, and where the two bands meet. No
 * other package of the project is loaded.
 */
import { capacity, relativePosition, selfExtend } from "@ropewalk/position-mapping";

const mapping = selfExtend({ groupSize: 8, window: 1024 });
const [near, far] = mapping.bands;
console.log(`${mapping.name}: ${capacity(mapping, 4096)} tokens of a model that knows 4096`);

const query = 20_000;
for (const key of [19_990, 18_977, 18_976, 0]) {
  const band = query - key < mapping.window ? near! : far!;
  const rows = `query by row ${band.query(query)}, key by row ${band.key(key)}`;
  console.log(`key ${key}: ${rows}, relative position ${relativePosition(mapping, query, key)}`);
}
