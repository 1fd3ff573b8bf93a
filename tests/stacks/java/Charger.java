import com.google.gson.Gson;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import eu.chargetime.ocpp.ClientEvents;
import eu.chargetime.ocpp.JSONClient;
import eu.chargetime.ocpp.JSONCommunicator;
import eu.chargetime.ocpp.JSONConfiguration;
import eu.chargetime.ocpp.feature.profile.ClientCoreEventHandler;
import eu.chargetime.ocpp.feature.profile.ClientCoreProfile;
import eu.chargetime.ocpp.feature.profile.ClientRemoteTriggerEventHandler;
import eu.chargetime.ocpp.feature.profile.ClientRemoteTriggerProfile;
import eu.chargetime.ocpp.feature.profile.ClientSmartChargingEventHandler;
import eu.chargetime.ocpp.feature.profile.ClientSmartChargingProfile;
import eu.chargetime.ocpp.model.Confirmation;
import eu.chargetime.ocpp.model.Request;
import eu.chargetime.ocpp.model.core.*;
import eu.chargetime.ocpp.model.remotetrigger.*;
import eu.chargetime.ocpp.model.smartcharging.*;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;

/** A charge point on `eu.chargetime.ocpp`, which queues by itself: see tests/stacks/program.py. */
public final class Charger
    implements ClientEvents,
        ClientCoreEventHandler,
        ClientSmartChargingEventHandler,
        ClientRemoteTriggerEventHandler {
  private static final long AGAIN_MS = 100;
  private static final Gson GSON = new Gson();

  private final String url;
  private final JSONCommunicator wire = new JSONCommunicator(null);
  private final ClientCoreProfile core = new ClientCoreProfile(this);
  private final JSONClient client;
  private boolean open;

  private Charger(String url, String identity, String password) {
    this.url = url;
    JSONConfiguration access =
        JSONConfiguration.get()
            .setParameter(JSONConfiguration.USERNAME_PARAMETER, identity)
            .setParameter(JSONConfiguration.PASSWORD_PARAMETER, password);
    client = new JSONClient(core, identity, access);
    client.addFeatureProfile(new ClientSmartChargingProfile(this));
    client.addFeatureProfile(new ClientRemoteTriggerProfile(this));
  }

  public static void main(String[] arguments) throws Exception {
    Charger charger = new Charger(arguments[0], arguments[1], arguments[2]);
    new Thread(charger::keepConnected).start();
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      JsonObject given = JsonParser.parseString(line).getAsJsonObject();
      new Thread(() -> charger.handle(given)).start();
    }
    System.exit(0);
  }

  private static synchronized void say(JsonObject event) {
    System.out.println(GSON.toJson(event));
  }

  // The line

  private void keepConnected() {
    try {
      while (true) {
        client.connect(url, this); // until it returns, the stack believes that it is offline, and sends nothing
        if (isOpen()) {
          sayLine("up");
          awaitClose();
          sayLine("down");
        }
        Thread.sleep(AGAIN_MS);
      }
    } catch (InterruptedException interrupted) {
      throw new IllegalStateException(interrupted);
    }
  }

  private static void sayLine(String state) {
    JsonObject event = new JsonObject();
    event.addProperty("line", state);
    say(event);
  }

  @Override
  public synchronized void connectionOpened() {
    open = true;
  }

  @Override
  public synchronized void connectionClosed() {
    open = false;
    notifyAll();
  }

  private synchronized boolean isOpen() {
    return open;
  }

  private synchronized void awaitClose() throws InterruptedException {
    while (open) {
      wait();
    }
  }

  // Commands

  private void handle(JsonObject given) {
    String command = given.get("do").getAsString();
    JsonObject event = new JsonObject();
    try {
      describe(client.send(request(command, given)).toCompletableFuture().get(), event);
      event.addProperty("done", command);
    } catch (Exception error) {
      event.addProperty("failed", command);
      event.addProperty("why", error.toString());
    }
    say(event);
  }

  private void describe(Confirmation answer, JsonObject event) {
    if (answer instanceof BootNotificationConfirmation boot) {
      event.addProperty("status", boot.getStatus().toString());
    } else if (answer instanceof AuthorizeConfirmation authorized) {
      event.addProperty("status", authorized.getIdTagInfo().getStatus().toString());
    } else if (answer instanceof StartTransactionConfirmation started) {
      event.addProperty("status", started.getIdTagInfo().getStatus().toString());
      event.addProperty("transaction", started.getTransactionId());
    }
  }

  private Request request(String command, JsonObject given) {
    switch (command) {
      case "boot":
        return core.createBootNotificationRequest("chargetime", "model");
      case "status":
        StatusNotificationRequest status =
            core.createStatusNotificationRequest(
                1, ChargePointErrorCode.NoError, ChargePointStatus.valueOf(text(given, "status")));
        status.setTimestamp(time(given));
        return status;
      case "authorize":
        return core.createAuthorizeRequest(text(given, "token"));
      case "start":
        return core.createStartTransactionRequest(1, text(given, "token"), number(given, "wh"), time(given));
      case "meter":
        MeterValuesRequest meter = core.createMeterValuesRequest(1, time(given), sampled(given));
        if (!given.get("transaction").isJsonNull()) {
          meter.setTransactionId(number(given, "transaction"));
        }
        return meter;
      case "stop":
        StopTransactionRequest stop =
            core.createStopTransactionRequest(number(given, "wh"), time(given), number(given, "transaction"));
        stop.setIdTag(text(given, "token"));
        stop.setReason(Reason.Local);
        return stop;
      default:
        throw new IllegalArgumentException(command);
    }
  }

  private static SampledValue[] sampled(JsonObject given) {
    List<SampledValue> samples = new ArrayList<>();
    samples.add(sample(text(given, "wh"), "Energy.Active.Import.Register", "Wh"));
    samples.add(sample(text(given, "watts"), "Power.Active.Import", "W"));
    JsonArray currents = given.getAsJsonArray("currents");
    for (int index = 0; index < currents.size(); index++) {
      SampledValue current = sample(currents.get(index).getAsString(), "Current.Import", "A");
      current.setPhase("L" + (index + 1));
      samples.add(current);
    }
    return samples.toArray(new SampledValue[0]);
  }

  private static SampledValue sample(String value, String measurand, String unit) {
    SampledValue sample = new SampledValue(value);
    sample.setMeasurand(measurand);
    sample.setUnit(unit);
    return sample;
  }

  private static String text(JsonObject given, String field) {
    return given.get(field).getAsString();
  }

  private static int number(JsonObject given, String field) {
    return given.get(field).getAsInt();
  }

  private static ZonedDateTime time(JsonObject given) {
    return ZonedDateTime.parse(text(given, "time"));
  }

  // What the server asks. What answers null is an error to the stack, and to the server.

  private <T extends Confirmation> T asked(String action, Request request, T answer) {
    JsonObject event = new JsonObject();
    event.addProperty("asked", action);
    event.add("payload", JsonParser.parseString(wire.packPayload(request).toString()));
    say(event);
    return answer;
  }

  @Override
  public SetChargingProfileConfirmation handleSetChargingProfileRequest(SetChargingProfileRequest request) {
    return asked(
        "SetChargingProfile", request, new SetChargingProfileConfirmation(ChargingProfileStatus.Accepted));
  }

  @Override
  public ClearChargingProfileConfirmation handleClearChargingProfileRequest(ClearChargingProfileRequest request) {
    return asked(
        "ClearChargingProfile", request, new ClearChargingProfileConfirmation(ClearChargingProfileStatus.Accepted));
  }

  @Override
  public GetCompositeScheduleConfirmation handleGetCompositeScheduleRequest(GetCompositeScheduleRequest request) {
    return null;
  }

  @Override
  public TriggerMessageConfirmation handleTriggerMessageRequest(TriggerMessageRequest request) {
    return asked("TriggerMessage", request, new TriggerMessageConfirmation(TriggerMessageStatus.Accepted));
  }

  @Override
  public GetConfigurationConfirmation handleGetConfigurationRequest(GetConfigurationRequest request) {
    KeyValueType known = new KeyValueType("NumberOfConnectors", true);
    known.setValue("1");
    GetConfigurationConfirmation answer = new GetConfigurationConfirmation();
    answer.setConfigurationKey(new KeyValueType[] {known});
    return asked("GetConfiguration", request, answer);
  }

  @Override
  public ChangeConfigurationConfirmation handleChangeConfigurationRequest(ChangeConfigurationRequest request) {
    return asked(
        "ChangeConfiguration", request, new ChangeConfigurationConfirmation(ConfigurationStatus.Accepted));
  }

  @Override
  public RemoteStopTransactionConfirmation handleRemoteStopTransactionRequest(
      RemoteStopTransactionRequest request) {
    return asked(
        "RemoteStopTransaction", request, new RemoteStopTransactionConfirmation(RemoteStartStopStatus.Accepted));
  }

  @Override
  public RemoteStartTransactionConfirmation handleRemoteStartTransactionRequest(
      RemoteStartTransactionRequest request) {
    return asked(
        "RemoteStartTransaction", request, new RemoteStartTransactionConfirmation(RemoteStartStopStatus.Accepted));
  }

  @Override
  public UnlockConnectorConfirmation handleUnlockConnectorRequest(UnlockConnectorRequest request) {
    return asked("UnlockConnector", request, new UnlockConnectorConfirmation(UnlockStatus.Unlocked));
  }

  @Override
  public ResetConfirmation handleResetRequest(ResetRequest request) {
    return asked("Reset", request, new ResetConfirmation(ResetStatus.Accepted));
  }

  @Override
  public ChangeAvailabilityConfirmation handleChangeAvailabilityRequest(ChangeAvailabilityRequest request) {
    return null;
  }

  @Override
  public ClearCacheConfirmation handleClearCacheRequest(ClearCacheRequest request) {
    return null;
  }

  @Override
  public DataTransferConfirmation handleDataTransferRequest(DataTransferRequest request) {
    return null;
  }
}
