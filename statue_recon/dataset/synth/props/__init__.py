"""What figures hold, lean on, sit on and stand on."""
