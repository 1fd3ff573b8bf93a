// A charge point on `ocpp-go`: see tests/stacks/program.py.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/lorenzodonini/ocpp-go/ocpp"
	ocpp16 "github.com/lorenzodonini/ocpp-go/ocpp1.6"
	"github.com/lorenzodonini/ocpp-go/ocpp1.6/core"
	"github.com/lorenzodonini/ocpp-go/ocpp1.6/remotetrigger"
	"github.com/lorenzodonini/ocpp-go/ocpp1.6/smartcharging"
	"github.com/lorenzodonini/ocpp-go/ocpp1.6/types"
	"github.com/lorenzodonini/ocpp-go/ocppj"
	"github.com/lorenzodonini/ocpp-go/ws"
)

const again = 100 * time.Millisecond

type event map[string]interface{}

var output sync.Mutex

func say(what event) {
	output.Lock()
	defer output.Unlock()
	line, err := json.Marshal(what)
	if err != nil {
		panic(err)
	}
	os.Stdout.Write(append(line, '\n'))
}

func asked(request ocpp.Request) {
	say(event{"asked": request.GetFeatureName(), "payload": request})
}

type coreHandler = core.ChargePointHandler
type smartHandler = smartcharging.ChargePointHandler

// What the server asks. A call that is not among these ends the program: the interfaces have no value.
type answers struct {
	coreHandler
	smartHandler
}

func (answers) OnSetChargingProfile(
	request *smartcharging.SetChargingProfileRequest,
) (*smartcharging.SetChargingProfileConfirmation, error) {
	asked(request)
	return smartcharging.NewSetChargingProfileConfirmation(smartcharging.ChargingProfileStatusAccepted), nil
}

func (answers) OnClearChargingProfile(
	request *smartcharging.ClearChargingProfileRequest,
) (*smartcharging.ClearChargingProfileConfirmation, error) {
	asked(request)
	return smartcharging.NewClearChargingProfileConfirmation(smartcharging.ClearChargingProfileStatusAccepted), nil
}

func (answers) OnGetConfiguration(
	request *core.GetConfigurationRequest,
) (*core.GetConfigurationConfirmation, error) {
	asked(request)
	connectors := "1"
	known := core.ConfigurationKey{Key: "NumberOfConnectors", Readonly: true, Value: &connectors}
	return core.NewGetConfigurationConfirmation([]core.ConfigurationKey{known}), nil
}

func (answers) OnChangeConfiguration(
	request *core.ChangeConfigurationRequest,
) (*core.ChangeConfigurationConfirmation, error) {
	asked(request)
	return core.NewChangeConfigurationConfirmation(core.ConfigurationStatusAccepted), nil
}

func (answers) OnRemoteStartTransaction(
	request *core.RemoteStartTransactionRequest,
) (*core.RemoteStartTransactionConfirmation, error) {
	asked(request)
	return core.NewRemoteStartTransactionConfirmation(types.RemoteStartStopStatusAccepted), nil
}

func (answers) OnRemoteStopTransaction(
	request *core.RemoteStopTransactionRequest,
) (*core.RemoteStopTransactionConfirmation, error) {
	asked(request)
	return core.NewRemoteStopTransactionConfirmation(types.RemoteStartStopStatusAccepted), nil
}

func (answers) OnUnlockConnector(request *core.UnlockConnectorRequest) (*core.UnlockConnectorConfirmation, error) {
	asked(request)
	return core.NewUnlockConnectorConfirmation(core.UnlockStatusUnlocked), nil
}

func (answers) OnReset(request *core.ResetRequest) (*core.ResetConfirmation, error) {
	asked(request)
	return core.NewResetConfirmation(core.ResetStatusAccepted), nil
}

func (answers) OnTriggerMessage(
	request *remotetrigger.TriggerMessageRequest,
) (*remotetrigger.TriggerMessageConfirmation, error) {
	asked(request)
	return remotetrigger.NewTriggerMessageConfirmation(remotetrigger.TriggerMessageStatusAccepted), nil
}

type command struct {
	Do          string
	Status      core.ChargePointStatus
	Time        *types.DateTime
	Token       string
	Transaction int
	Wh          int
	Watts       int
	Currents    []float64
}

func (given command) sampled() []types.SampledValue {
	register := types.SampledValue{
		Value:     fmt.Sprint(given.Wh),
		Measurand: types.MeasurandEnergyActiveImportRegister,
		Unit:      types.UnitOfMeasureWh,
	}
	power := types.SampledValue{
		Value:     fmt.Sprint(given.Watts),
		Measurand: types.MeasurandPowerActiveImport,
		Unit:      types.UnitOfMeasureW,
	}
	samples := []types.SampledValue{register, power}
	for index, current := range given.Currents {
		samples = append(samples, types.SampledValue{
			Value:     fmt.Sprint(current),
			Measurand: types.MeasurandCurrentImport,
			Unit:      types.UnitOfMeasureA,
			Phase:     types.Phase(fmt.Sprintf("L%d", index+1)),
		})
	}
	return samples
}

func perform(point ocpp16.ChargePoint, given command) (event, error) {
	done := event{"done": given.Do}
	switch given.Do {
	case "boot":
		answer, err := point.BootNotification("model", "ocpp-go")
		if err != nil {
			return nil, err
		}
		done["status"] = answer.Status
		return done, nil
	case "status":
		_, err := point.StatusNotification(1, core.NoError, given.Status,
			func(request *core.StatusNotificationRequest) { request.Timestamp = given.Time })
		return done, err
	case "authorize":
		answer, err := point.Authorize(given.Token)
		if err != nil {
			return nil, err
		}
		done["status"] = answer.IdTagInfo.Status
		return done, nil
	case "start":
		answer, err := point.StartTransaction(1, given.Token, given.Wh, given.Time)
		if err != nil {
			return nil, err
		}
		done["status"], done["transaction"] = answer.IdTagInfo.Status, answer.TransactionId
		return done, nil
	case "meter":
		values := []types.MeterValue{{Timestamp: given.Time, SampledValue: given.sampled()}}
		_, err := point.MeterValues(1, values, func(request *core.MeterValuesRequest) {
			if given.Transaction != 0 {
				request.TransactionId = &given.Transaction
			}
		})
		return done, err
	case "stop":
		_, err := point.StopTransaction(given.Wh, given.Time, given.Transaction,
			func(request *core.StopTransactionRequest) {
				request.IdTag, request.Reason = given.Token, core.ReasonLocal
			})
		return done, err
	}
	return nil, fmt.Errorf("no such command")
}

func handle(point ocpp16.ChargePoint, given command) {
	done, err := perform(point, given)
	if err != nil {
		done = event{"failed": given.Do, "why": err.Error()}
	}
	say(done)
}

func main() {
	url, identity, password := os.Args[1], os.Args[2], os.Args[3]
	client := ws.NewClient()
	client.SetBasicAuth(identity, password)
	timeouts := ws.NewClientTimeoutConfig()
	timeouts.RetryBackOffWaitMinimum, timeouts.RetryBackOffRandomRange, timeouts.RetryBackOffRepeatTimes = again, 0, 0
	client.SetTimeoutConfig(timeouts)
	endpoint := ocppj.NewClient(identity, client, ocppj.NewDefaultClientDispatcher(ocppj.NewFIFOClientQueue(0)), nil,
		core.Profile, smartcharging.Profile, remotetrigger.Profile)
	endpoint.SetOnDisconnectedHandler(func(error) { say(event{"line": "down"}) })
	endpoint.SetOnReconnectedHandler(func() { say(event{"line": "up"}) })
	point := ocpp16.NewChargePoint(identity, endpoint, client)
	point.SetCoreHandler(answers{})
	point.SetSmartChargingHandler(answers{})
	point.SetRemoteTriggerHandler(answers{})
	if err := point.Start(url); err != nil {
		panic(err)
	}
	say(event{"line": "up"})
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var given command
		if err := json.Unmarshal(lines.Bytes(), &given); err != nil {
			panic(err)
		}
		go handle(point, given)
	}
}
