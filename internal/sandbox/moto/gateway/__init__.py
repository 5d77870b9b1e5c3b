"""The front of the sandbox: reads each request by AWS's own API model, holds it against that model, hands it to the
mends and then to moto. Knows the wire protocols and nothing of any service; what a service does is in `mends`."""
