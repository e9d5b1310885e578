"""The human figure: a body that varies, stands as sculptors let it stand, and is cut as they cut it."""
