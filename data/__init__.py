"""Ground floor: settings, errors, the contract, stores, geometry, time and policy. Calls no other room."""
