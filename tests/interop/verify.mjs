// Verifies bundles of `unseen`, written from docs/reference/formats/bundle-v1.md alone, with nothing but Node itself.
//   node verify.mjs [--key KEY] FOLDER...
// One line for each folder: "ok N entries" or "no REASON". Exit code 4 if any does not verify.
import { createHash, createPublicKey, verify } from "node:crypto";
import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const sha256 = (...parts) => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
};
const need = (holds, reason) => {
  if (!holds) throw new Error(reason);
};
const utf8 = (bytes) => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
const base64 = (text) => {
  const data = Buffer.from(text, "base64");
  need(data.toString("base64") === text, "base 64");
  return data;
};
const decimal = (text) => {
  need(/^(0|[1-9][0-9]{0,15})$/.test(text), "number");
  return BigInt(text);
};

function readFolder(folder) {
  const files = new Map();
  const walk = (inside) => {
    for (const name of readdirSync(join(folder, inside))) {
      const path = inside ? `${inside}/${name}` : name;
      const status = lstatSync(join(folder, path));
      if (status.isDirectory()) walk(path);
      else {
        need(status.isFile(), `${path} is not an ordinary file`);
        files.set(path, readFileSync(join(folder, path)));
      }
    }
  };
  walk("");
  return files;
}

function readKey(text) {
  const [name, id, material, ...rest] = text.split("+");
  // Base 64 may itself hold plus signs: only the first two part the line.
  const raw = base64([material, ...rest].join("+"));
  need(raw.length === 33 && raw[0] === 1, "key kind");
  need(sha256(name, "\n", raw).subarray(0, 4).toString("hex") === id, "key id");
  // The fixed beginning of an Ed25519 key as SubjectPublicKeyInfo (RFC 8410).
  const der = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), raw.subarray(1)]);
  return { name, id, key: createPublicKey({ key: der, format: "der", type: "spki" }) };
}

// The lines of a note that a key signed, without the line feed that ends its text.
function readNote(bytes, key) {
  const whole = utf8(bytes);
  const at = whole.lastIndexOf("\n\n");
  need(at > 0 && whole.endsWith("\n"), "no signatures");
  const text = whole.slice(0, at + 1);
  let ours = 0;
  for (const line of whole.slice(at + 2, -1).split("\n")) {
    const parts = line.split(" ");
    need(parts.length === 3 && parts[0] === "\u2014" && parts[1] !== "", "signature line");
    const raw = base64(parts[2]);
    if (parts[1] !== key.name || raw.subarray(0, 4).toString("hex") !== key.id) continue;
    need(verify(null, Buffer.from(text), key.key, raw.subarray(4)), "signature");
    ours += 1;
  }
  need(ours > 0, "not signed by the key");
  return text.slice(0, -1).split("\n");
}

function readCheckpoint(bytes, key) {
  const [origin, size, root, ...more] = readNote(bytes, key);
  need(more.length === 0 && origin === key.name, "checkpoint text");
  const head = { origin, size: decimal(size), root: base64(root) };
  need(head.root.length === 32, "root");
  return head;
}

// From a key to the one that it handed over to last; `rotated` holds the entries of that type in their order.
function follow(key, rotated) {
  for (const { statement } of rotated) {
    if (statement.split("\n")[2] !== key) continue;
    const old = readKey(key);
    const [first, origin, , following, ...more] = readNote(Buffer.from(statement), old);
    need(first === "unseen-key-rotation/v1" && origin === old.name && more.length === 0, "change of keys");
    readNote(Buffer.from(statement), readKey(following));
    key = following;
  }
  return key;
}

// RFC 6962 section 2.1.1, from the definition: which side each step of the path stands on follows from the splits.
function rootFrom(leaf, index, size, path) {
  if (size === 1n) {
    need(path.length === 0, "proof too long");
    return leaf;
  }
  need(path.length > 0, "proof too short");
  let split = 1n;
  while (split * 2n < size) split *= 2n;
  const sibling = path[path.length - 1];
  const below = path.slice(0, -1);
  return index < split
    ? sha256("\x01", rootFrom(leaf, index, split, below), sibling)
    : sha256("\x01", sibling, rootFrom(leaf, index - split, size - split, below));
}

function verifyProof(entry, proof, number, checkpoint, head) {
  const at = proof.indexOf("\n\n");
  need(at > 0 && proof.subarray(at + 2).equals(checkpoint), "proof leads to another checkpoint");
  const [first, index, ...hashes] = utf8(proof.subarray(0, at)).split("\n");
  need(first === "c2sp.org/tlog-proof@v1" && index === `index ${number}`, "proof head");
  const path = hashes.map(base64);
  need(path.every((hash) => hash.length === 32), "proof hash");
  need(decimal(number) < head.size, "index beyond the size");
  const root = rootFrom(sha256("\x00", entry), decimal(number), head.size, path);
  need(root.equals(head.root), "entry does not lead to the root");
}

function verifyBundle(folder, pinned) {
  const files = readFolder(folder);
  const file = (name) => {
    need(files.has(name), `${name} is missing`);
    return files.get(name);
  };
  const manifest = JSON.parse(utf8(file("manifest.json")));
  const names = [...files.keys()].filter((name) => name !== "manifest.json").sort();
  const digests = Object.fromEntries(names.map((name) => [name, sha256(files.get(name)).toString("hex")]));
  const keyText = utf8(file("key.pub"));
  need(keyText.endsWith("\n"), "key.pub");
  const checkpoint = file("checkpoint");
  const head = readCheckpoint(checkpoint, readKey(keyText.slice(0, -1)));
  const stated = { files: digests, format: "unseen-bundle", origin: head.origin, size: Number(head.size), v: 1 };
  need(JSON.stringify(stated) === utf8(file("manifest.json")), "manifest.json");
  need(Object.keys(manifest.files).length === names.length, "manifest.json");
  const entries = new Map();
  const reports = new Map();
  const rest = [];
  for (const name of names) {
    const entry = /^entries\/(0|[1-9][0-9]*)\.json$/.exec(name);
    if (!entry) {
      rest.push(name);
      continue;
    }
    verifyProof(files.get(name), file(`proofs/${entry[1]}.tlog-proof`), entry[1], checkpoint, head);
    const value = JSON.parse(utf8(files.get(name)));
    need(value.n === Number(entry[1]), `${name}: number`);
    entries.set(entry[1], value);
    if (value.type === "report_written") for (const [k, v] of Object.entries(value.files)) reports.set(k, v);
  }
  const inOrder = [...entries].sort(([a], [b]) => Number(a) - Number(b)).map(([, value]) => value);
  const rotated = inOrder.filter((value) => value.type === "key_rotated");
  need(!pinned || `${follow(pinned, rotated)}\n` === keyText, "key.pub is not the key that was given");
  for (const name of rest) {
    const numbered = /^(proofs|openings)\/(0|[1-9][0-9]*)\.(tlog-proof|json)$/.exec(name);
    if (numbered) {
      need(entries.has(numbered[2]) && (numbered[1] === "proofs") === (numbered[3] === "tlog-proof"), name);
      if (numbered[1] === "proofs") continue;
      const raw = files.get(name);
      // {"salt":"<32 digits>","value":<value>}
      need(/^\{"salt":"[0-9a-f]{32}","value":$/.test(raw.subarray(0, 51).toString("latin1")), name);
      need(raw.at(-1) === 0x7d, name);
      const digest = sha256(Buffer.from(raw.subarray(9, 41).toString("latin1"), "hex"), raw.subarray(51, -1));
      need(digest.toString("hex") === entries.get(numbered[2]).c, `${name}: commitment`);
    } else if (/^report\.[a-z0-9]{1,8}$/.test(name)) {
      need(reports.get(name) === digests[name], `${name}: not recorded`);
    } else {
      need(["checkpoint", "key.pub", "unseen_verify.py"].includes(name), `${name} has no place in a bundle`);
    }
  }
  return entries.size;
}

const args = process.argv.slice(2);
const pinned = args[0] === "--key" ? args.splice(0, 2)[1] : undefined;
for (const folder of args) {
  try {
    console.log(`ok ${verifyBundle(folder, pinned)} entries`);
  } catch (error) {
    console.log(`no ${error.message}`);
    process.exitCode = 4;
  }
}
