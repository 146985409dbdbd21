"""The sandbox: the program's AWS resources created in an emulator on this machine."""
