"""Training the bundled priors: from prepared statues, rendered as it goes, to the weights that ship."""
