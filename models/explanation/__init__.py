"""Why a bundle answers as it does, on windows of people whom it does not know."""
