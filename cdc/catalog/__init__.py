"""What is captured, said once beside the models: everything else in capture is generated from here."""
