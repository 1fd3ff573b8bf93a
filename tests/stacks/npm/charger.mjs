// A charge point on npm's `ocpp-rpc`, in strict mode: see tests/stacks/program.py.
import { createInterface } from "node:readline";
import { RPCClient } from "ocpp-rpc";

const [endpoint, identity, password] = process.argv.slice(2);
const say = (event) => process.stdout.write(JSON.stringify(event) + "\n");

const client = new RPCClient({
  endpoint,
  identity,
  password,
  protocols: ["ocpp1.6"],
  strictMode: true,
  backoff: { initialDelay: 100, maxDelay: 200, factor: 2, randomisationFactor: 0 },
});
client.on("open", () => say({ line: "up" }));
client.on("disconnect", () => say({ line: "down" }));

const answers = {
  SetChargingProfile: { status: "Accepted" },
  ClearChargingProfile: { status: "Accepted" },
  GetConfiguration: { configurationKey: [{ key: "NumberOfConnectors", readonly: true, value: "1" }], unknownKey: [] },
  ChangeConfiguration: { status: "Accepted" },
  TriggerMessage: { status: "Accepted" },
  RemoteStartTransaction: { status: "Accepted" },
  RemoteStopTransaction: { status: "Accepted" },
  UnlockConnector: { status: "Unlocked" },
  Reset: { status: "Accepted" },
};
for (const [action, answer] of Object.entries(answers)) {
  client.handle(action, ({ params }) => {
    say({ asked: action, payload: params });
    return answer;
  });
}

const sampled = ({ wh, currents, watts }) => [
  { value: `${wh}`, measurand: "Energy.Active.Import.Register", unit: "Wh" },
  { value: `${watts}`, measurand: "Power.Active.Import", unit: "W" },
  ...currents.map((current, index) => ({
    value: `${current}`,
    measurand: "Current.Import",
    unit: "A",
    phase: `L${index + 1}`,
  })),
];

const requests = {
  boot: () => ["BootNotification", { chargePointModel: "model", chargePointVendor: "npm ocpp-rpc" }],
  status: ({ status, time }) => [
    "StatusNotification",
    { connectorId: 1, errorCode: "NoError", status, timestamp: time },
  ],
  authorize: ({ token }) => ["Authorize", { idTag: token }],
  start: ({ token, wh, time }) => [
    "StartTransaction",
    { connectorId: 1, idTag: token, meterStart: wh, timestamp: time },
  ],
  meter: ({ transaction, time, ...reading }) => [
    "MeterValues",
    {
      connectorId: 1,
      transactionId: transaction,
      meterValue: [{ timestamp: time, sampledValue: sampled(reading) }],
    },
  ],
  stop: ({ transaction, token, wh, time }) => [
    "StopTransaction",
    { transactionId: transaction, idTag: token, meterStop: wh, timestamp: time, reason: "Local" },
  ],
};

async function handle({ do: command, ...given }) {
  try {
    const answer = await client.call(...requests[command](given));
    say({ done: command, status: answer.status ?? answer.idTagInfo?.status, transaction: answer.transactionId });
  } catch (error) {
    say({ failed: command, why: `${error}` });
  }
}

await client.connect();
for await (const line of createInterface({ input: process.stdin })) {
  handle(JSON.parse(line));
}
process.exit();
