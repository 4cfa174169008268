import { decode, tensorToArray } from "@ropewalk/graph";
import { readFileSync } from "node:fs";
const m = decode(readFileSync(process.argv[2]!));
const g = m.graph!;
console.log(m.opsetImport.map(o=>o.domain+":"+o.version).join(" "), "ir", m.irVersion, "fn", m.functions?.length, "meta", m.metadataProps?.length);
console.log("IN", g.input.map(i=>i.name+JSON.stringify(i.type?.value.value?.shape?.dim.map(d=>String(d.value.value)))).join(" "));
console.log("OUT", g.output.map(i=>i.name).join(" "));
const big=new Set<string>();
for (const t of g.initializer) { let v=""; const n=t.dims.reduce((a,b)=>a*Number(b),1); if(n<=8 && t.dataLocation!==1) try{v=JSON.stringify(Array.from(tensorToArray(t).data))}catch(e){v="?"}; console.log("INIT",t.name,t.dataType,t.dims.join("x"),v,t.externalData.map(e=>e.key+"="+e.value).join(" "));}
for (const n of g.node) { const a=n.attribute.map(x=>{let v: any = x.type===1?x.f:x.type===2?x.i:x.type===3?new TextDecoder().decode(x.s):x.type===7?x.ints.join(","):x.type===4?JSON.stringify(x.t!.dims.join("x"))+(x.t!.rawData.length<=64?JSON.stringify(Array.from(tensorToArray(x.t!).data)):""):x.type===5?"<graph "+x.g!.node.map(q=>q.opType)+">":"?"; return x.name+"="+v}); console.log((n.domain?n.domain+":":"")+n.opType,`[${n.name}]`,n.input.join(", "),"->",n.output.join(", "),a.join(" "));}
