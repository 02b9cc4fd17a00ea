// Holds a ceremony over cube.r1cs: two contributions and a beacon.
import * as snarkjs from "snarkjs";
import fs from "fs";
const { powersOfTau: tau, zKey, groth16 } = snarkjs;
import { getCurveFromName } from "ffjavascript";
const curve = await getCurveFromName("bn128");
await tau.newAccumulator(curve, 4, "0.ptau");
await tau.contribute("0.ptau", "1.ptau", "first", "some words that are no secret 1");
await tau.beacon("1.ptau", "2.ptau", "beacon", "0102030405060708", 10);
await tau.preparePhase2("2.ptau", "phase2.ptau");
await zKey.newZKey("cube.r1cs", "phase2.ptau", "cube-empty.zkey");
await zKey.contribute("cube-empty.zkey", "c1.zkey", "one", "some words that are no secret 2");
await zKey.contribute("c1.zkey", "c2.zkey", "two", "some words that are no secret 3");
await zKey.beacon("c2.zkey", "cube.zkey", "beacon", "0102030405060708", 10);
const ok = await zKey.verifyFromR1cs("cube.r1cs", "phase2.ptau", "cube.zkey");
const vk = await zKey.exportVerificationKey("cube.zkey");
// wires: 1, y, x, x²
const n = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;
const le = (v, len) => { const b = Buffer.alloc(len); let x = v; for (let i = 0; i < len; i++) { b[i] = Number(x & 255n); x >>= 8n; } return b; };
const w = [1n, 35n, 3n, 9n];
const head = Buffer.concat([le(32n,4), le(n,32), le(BigInt(w.length),4)]);
const body = Buffer.concat(w.map(v => le(v,32)));
const sec = (k, c) => Buffer.concat([le(BigInt(k),4), le(BigInt(c.length),8), c]);
fs.writeFileSync("cube.wtns", Buffer.concat([Buffer.from("wtns"), le(2n,4), le(2n,4), sec(1, head), sec(2, body)]));
const { proof, publicSignals } = await groth16.prove("cube.zkey", "cube.wtns");
const good = await groth16.verify(vk, publicSignals, proof);
console.log("zkey verify", ok, "proof verify", good, publicSignals);
fs.writeFileSync("cube-proof.json", JSON.stringify({ proof, public: publicSignals, key: vk }, null, 1) + "\n");
process.exit(0);
